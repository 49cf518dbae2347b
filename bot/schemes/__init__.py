"""Which schemes may fit someone: rules as data, read as 'may fit', never as a promise."""
