"""What Rasa runs: read the tracker, call the domain, say the answer. No SQL and no rules here."""
