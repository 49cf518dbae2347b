"""What runs inside Rasa: Dutch language data and NLU components."""
