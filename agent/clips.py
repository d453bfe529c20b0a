"""The moments of one video: which of those proposed are rendered, and the table that lists them with their files."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.schema import Brief, Highlight, Outcome
from tools.text import clean
from tools.troubles import Refusal

if TYPE_CHECKING:
    from agent.record.records import Records

TABLE = "clips.csv"
COLUMNS = ("rank", "start", "end", "length", "title", "reason", "file")
Chosen = tuple[int, ...]
"""Ranks of moments; none of them where only the sheet is wanted."""
_ONE = re.compile(r"(?P<first>\d{1,3})(?:-(?P<last>\d{1,3}))?")


def read_chosen(said: str) -> Chosen | None:
    """The ranks of ``1,3`` or ``1-4``, in their order; None for ``all``.  Raises ``Refusal`` for what names none."""
    if said.strip().lower() == "all":
        return None
    found: list[int] = []
    for part in re.split(r"[,;\s]+", said.strip()):
        one = _ONE.fullmatch(part)
        first, last = (int(one["first"]), int(one["last"] or one["first"])) if one else (0, 0)
        if not 1 <= first <= last:
            raise Refusal(
                "only", f"--only {clean(said, 60)}: name moments by their numbers, such as 1,3 or 2-4, or say all."
            )
        found += range(first, last + 1)
    return tuple(dict.fromkeys(found))


def choose(proposed: Sequence[Highlight], only: Chosen | None) -> list[Highlight]:
    """The moments that are to be rendered, best first.  Raises ``Refusal`` for a number that none has."""
    if only is None:
        return list(proposed)
    there = {each.rank: each for each in proposed}
    if wrong := [rank for rank in only if rank not in there]:
        have = f"1 to {len(there)}" if len(there) > 1 else "1 alone" if there else "none"
        raise Refusal("only", f"There is no moment {', '.join(map(str, wrong))}; the sheet has {have}.")
    return [there[rank] for rank in sorted(only)]


def table(records: Records, sheet: Outcome, folder: Path) -> str:
    """CSV: a row for each file that was rendered of a moment, and one for each moment of which none was; files as seen from ``folder``."""
    made = _made(records, sheet.run)
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for each in sheet.highlights:
        brief, outcome = made.get(each.ids, (None, None))
        title = clean(_title(outcome) or each.hook, 200)
        about = [each.rank, f"{each.start:.3f}", f"{each.end:.3f}", f"{each.lasts:.3f}"]
        for file in _files(brief, outcome, folder) or [""]:
            rows.writerow([_plain(field) for field in (*about, title, each.reason, file)])
    return text.getvalue()


def rendered(records: Records, sheet: str) -> dict[tuple[str, ...], str]:
    """The runs that rendered moments which the run ``sheet`` proposed, by the moments' ids."""
    return {ids: outcome.run for ids, (_, outcome) in _made(records, sheet).items()}


def _made(records: Records, sheet: str) -> dict[tuple[str, ...], tuple[Brief, Outcome]]:
    """The promos of a sheet's moments that are done, by their ids."""
    found = {}
    for row in records.runs(1000, thread=sheet):
        if row["run"] == sheet or not str(row["state"]).startswith("done"):
            continue
        whole = records.run(row["run"])
        brief = Brief.model_validate(whole["brief"])
        if brief.options.highlight is not None:
            found[brief.options.highlight.ids] = (brief, Outcome.model_validate(whole["outcome"]))
    return found


def _title(outcome: Outcome | None) -> str:
    """What was written first for it: a hook, else a title."""
    copies = outcome.copies if outcome else ()
    return next((line.text for copy in copies for line in (*copy.hooks, copy.title) if line), "")


def _files(brief: Brief | None, outcome: Outcome | None, folder: Path) -> list[str]:
    if brief is None or outcome is None:
        return []
    from agent.outcome import place

    there = folder.parent.parent / place(brief)
    names = [each.name for each in outcome.artifacts if each.name.endswith(".mp4")]
    return [Path(os.path.relpath(there / name, folder)).as_posix() for name in names]


def _plain(field: Any) -> str:
    """A field that no spreadsheet takes for a formula."""
    text = " ".join(str(field).split())
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
