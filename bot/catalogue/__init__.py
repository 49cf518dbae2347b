"""The catalogue: who offers what, for whom, and the answers per topic."""
