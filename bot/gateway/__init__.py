"""The public edge: the conversation API, sessions, limits, the inbox, and the call to Rasa."""
