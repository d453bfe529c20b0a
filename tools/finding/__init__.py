"""Which passages."""
