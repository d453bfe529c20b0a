"""Who decides: ``run(brief, studio, fetch)`` carries a ``Brief`` to an ``Outcome``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.loop import run as run
    from agent.studio import Studio as Studio
    from tools.schema import Brief as Brief
    from tools.schema import Outcome as Outcome

__all__ = ["Brief", "Outcome", "Studio", "run"]


def __getattr__(name: str) -> Any:
    """Imported when asked for: the command's help needs none of it."""
    if name not in __all__:
        raise AttributeError(name)
    from agent import loop
    from tools import schema

    return getattr(schema if name in ("Brief", "Outcome") else loop, name)
