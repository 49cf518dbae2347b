"""How well the bot understands Dutch: `make evaluate`."""
