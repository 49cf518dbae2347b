"""Referral: a short intake, the right desk, consent, and a file of its own."""
