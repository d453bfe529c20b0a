"""The still in front."""
