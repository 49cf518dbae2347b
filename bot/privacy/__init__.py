"""Identifying details: found at the edge, replaced by tokens, kept encrypted for a short while."""
