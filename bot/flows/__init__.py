"""Flows: series of questions that can be left, explained, corrected and resumed."""
