"""What a desk needs of the place where videos lie, and of who makes the runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Protocol

from doors.page.beside import Beside


class Shelf(Protocol):
    """Videos, each by an id."""

    largest: int
    """Bytes of an uploaded video at most."""

    def videos(self, tenant: str) -> list[dict[str, Any]]:
        """Every video of a tenant, newest first."""

    def video(self, name: str, tenant: str) -> dict[str, Any]:
        """One video by its id.  Raises ``No`` for another's, or one that never was."""

    async def receive(self, chunks: AsyncIterator[bytes], content_type: str) -> dict[str, Any]:
        """Add the file of a form as its bytes come in.  Raises ``No`` or ``Refusal``; nothing is left of what is refused."""

    def beside(self, name: str, tenant: str, music: str | None = None) -> Beside:
        """What a request for a video uses beside it.  Raises ``No`` for music that was not given with it."""

    async def give(self, name: str, what: str, chunks: AsyncIterator[bytes], content_type: str) -> dict[str, Any]:
        """Keep the file of a form as the ``transcript`` of a video, or as ``music`` for it.  Raises ``No`` or ``Refusal``; nothing is lost."""

    def drop_transcript(self, name: str) -> dict[str, Any]:
        """A video without the transcript that was given with it."""


class Worker(Protocol):
    """Makes what requests ask for, or sees to it that somebody does."""

    at: str
    """The run that is being made here."""
    shares: dict[str, tuple[float, str]]
    """How far its steps are, by name, each with a note."""

    def put(self, row: dict[str, Any]) -> None:
        """Make what a request asks for, once."""

    def stop(self, seconds: float = 0.0) -> None:
        """Begin no further run; wait so long for the one at work."""
