"""The text beside."""
