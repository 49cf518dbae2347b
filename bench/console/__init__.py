"""How fast the console finds and reads conversations among a million messages."""
