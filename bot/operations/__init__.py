"""Running the product: what it logs, what it measures, and its backups."""
