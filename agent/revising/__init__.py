"""A run from a run."""
