"""The page and its HTTP contract."""
