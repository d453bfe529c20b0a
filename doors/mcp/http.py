"""The MCP server over streamable HTTP, beside the page and its doors: one process, one shelf, one queue."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette

from agent.settings import Settings, SettingsError
from doors.mcp import server
from doors.page import app as page

if TYPE_CHECKING:
    from agent.studio import Studio

PATH = "/mcp"


def build(settings: Settings, base: str, studio: Studio | None = None, names: tuple[str, ...] = ()) -> Starlette:
    """The page's app with the MCP server at ``PATH``; ``base`` is its address.  Raises ``SettingsError`` where people log in, which no agent can."""
    if settings.login_key:
        raise SettingsError(
            "login_key is set, so the HTTP doors are for people who log in, which an agent can't; unset HOOKLINE_LOGIN_KEY, "
            "or run hookline mcp over standard input and output"
        )
    app = page.build(settings, studio, names)
    # Whose host and whose page a request comes from is the Guard's to judge, before it arrives here.
    judged = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    made = server.build(app.state.desk, base)
    inner = made.streamable_http_app(streamable_http_path=PATH, transport_security=judged)
    app.router.routes[:0] = inner.routes
    life = app.router.lifespan_context

    @contextlib.asynccontextmanager
    async def both(app: Starlette) -> AsyncIterator[None]:
        async with life(app), made.session_manager.run():
            yield

    app.router.lifespan_context = both
    return app
