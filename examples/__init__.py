"""A talking video made on first use, with its truth known by construction."""
