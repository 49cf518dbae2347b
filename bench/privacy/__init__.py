"""How much of what identifies a citizen is masked, and how much for nothing."""
