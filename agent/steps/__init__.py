"""What is done once."""
