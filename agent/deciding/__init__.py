"""Who answers the loop: the planner, Claude, a script."""

PLANNER = "hookline-planner"
"""The embedded planner's name in the record."""
REVISER = "hookline-reviser"
