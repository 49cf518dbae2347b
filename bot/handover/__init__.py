"""Adapters to the desks: how a referral in the outbox travels to the people who help."""
