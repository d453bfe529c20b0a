"""What words ask."""
