"""A team's own look: the kit as it is written, checked, kept by name, and laid beside a run."""
