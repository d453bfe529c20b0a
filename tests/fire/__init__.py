"""Under fire: hostile videos, hostile words, and failures at the worst moment, against the real code.

The short form is in the ``test_*.py`` here; ``python -m tests.fire`` runs the long form and prints one table.
"""
