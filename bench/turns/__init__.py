"""What a turn costs, ours beside a stock Rasa set-up of the same bot: `python -m bench.turns`."""
