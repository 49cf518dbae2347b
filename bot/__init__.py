"""Startwijzer: the domain, the public gateway, the console and the Rasa components."""
