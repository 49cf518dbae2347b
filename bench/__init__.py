"""Measurements of the product; nothing in here runs for citizens."""
