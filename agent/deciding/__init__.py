"""Who answers the loop: the planner, Claude, a script."""
