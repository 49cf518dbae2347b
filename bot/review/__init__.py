"""What staff read and review: conversations as a read model, made from the log."""
