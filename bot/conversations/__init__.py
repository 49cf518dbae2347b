"""What is said: messages, and the log of every conversation."""
