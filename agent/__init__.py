"""Who decides: ``from agent.loop import run, Studio`` and ``from tools.schema import Brief, Outcome``."""
