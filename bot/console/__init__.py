"""The web application of the staff."""
