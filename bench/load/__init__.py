"""The product under load and under faults: what was sent, answered, lost and doubled."""
