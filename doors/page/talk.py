"""A conversation as the page tells it: what was said, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent import answers
from doors.page.told import tell_version, tell_words
from tools.schema import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.record.records import Records


def tell_talk(
    records: Records, tenant: str, thread: str, runs: list[dict[str, Any]], whole: Callable[[str], dict[str, Any]]
) -> list[dict[str, Any]]:
    """The turns of the conversation that ``runs`` are of, oldest first; runs that were asked for elsewhere are told too.

    ``runs`` are rows of a list; ``whole`` gives all of one by its id.
    """
    rows = {row["run"]: row for row in runs if row["state"] != "deleted"}
    turns = []
    for asked in records.requests(tenant, thread=thread):
        body = asked["answer"]["body"]
        if asked["job"]:
            row = rows.pop(asked["run"], None)
            turns += [_exchange(records, whole(row["run"]), body, str(asked["job"].get("message", "")))] if row else []
        elif body.get("reply") and asked["answer"].get("said"):
            turns.append(tell_words(asked))
    turns += [_exchange(records, whole(row["run"]), {}, row["wish"]) for row in rows.values()]
    return sorted(turns, key=lambda turn: turn["at"])


def _exchange(records: Records, row: dict[str, Any], body: dict[str, Any], said: str) -> dict[str, Any]:
    outcome = Outcome.model_validate(row["outcome"]) if row["outcome"] else None
    changes = body.get("changes") or (answers.changed(records, row) if outcome and row["parent"] else "")
    return {**tell_version(row, outcome, changes, body.get("understood", "")), "said": said}
