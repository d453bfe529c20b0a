"""What was asked: from a wish in words and a video's bytes to a Brief whose id is the run's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from agent.reading.wish import Reading
from tools.schema import NOTHING, Brief, Highlight, Options, Pick

PIPELINE = "1"
"""Raised when the same request must give another result, so that old runs are not taken for new ones."""


def identity(*parts: bytes) -> str:
    """80 bits of the SHA-256 over length-prefixed parts, in hex: no two lists of parts share one by concatenation."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()[:20]


def make_brief(
    video: str,
    version: str,
    reading: Reading,
    wish: str = "",
    tenant: str = "",
    key: str = "",
    options: Options = NOTHING,
) -> Brief:
    """The brief of a request; ``version`` names the exact bytes: a SHA-256, an S3 version id, or ETag and size."""
    asked: dict[str, Any] = {
        "target": reading.target,
        "shapes": list(reading.shapes),
        "platforms": list(reading.platforms),
        "captions": reading.captions,
        "language": reading.language,
        "topic": reading.topic,
        "options": options.but(
            parts=reading.parts,
            tone=reading.tone,
            clean=options.clean or reading.clean,
            tighten=options.tighten or reading.tighten,
            least=reading.least,
            most=reading.most,
            without=reading.without,
            window=reading.window,
            left=reading.left,
            tongues=reading.tongues,
            read=reading.options.read,
            **({"highlights": reading.count, "version": version} if reading.highlights else {}),
        ).model_dump(mode="json"),
    }
    run = identity(
        tenant.encode(),
        key.encode(),
        version.encode(),
        wish.encode("utf-8", "replace"),
        json.dumps(asked, sort_keys=True).encode(),
        PIPELINE.encode(),
    )
    return Brief(run=run, video=video, wish=wish, understood=str(reading), **asked)


def make_sheet(
    known: Iterable[Mapping[str, Any]],
    video: str,
    version: str,
    reading: Reading,
    wish: str = "",
    key: str = "",
    options: Options = NOTHING,
) -> Brief:
    """The brief of a run that proposes moments, none of which an earlier request was given; ``known`` are runs with their briefs.

    The same request is the same run, whatever was made of it since.
    """
    mine = [row for row in known if _of_bytes(row["brief"], version, options)]
    for row in mine:
        if row["brief"]["options"].get("highlights"):
            same = make_brief(
                video, version, reading, wish, key=key, options=options.but(used=_used(row["brief"]["options"]))
            )
            if same.run == row["run"]:
                return same
    made = [row["brief"]["options"].get("highlight") for row in mine if str(row["state"]).startswith("done")]
    used = {name for each in made if each for name in each["ids"]}
    more = options.but(used=tuple(sorted(used, key=_place)) if not options.fresh else ())
    return make_brief(video, version, reading, wish, key=key, options=more)


def make_highlight(sheet: Brief, one: Highlight) -> Brief:
    """The brief of one of the moments that the run of ``sheet`` proposed."""
    pick = Pick(ids=one.ids, role="hook", reason=f"Moment {one.rank}: {one.reason}")
    options = sheet.options.but(highlights=0, highlight=pick, least=None, most=None, used=(), parts=(), read=None)
    made = sheet.model_copy(update={"target": round(one.lasts, 1), "options": options})
    asked = json.dumps(made.model_dump(mode="json", exclude={"run", "video", "understood"}), sort_keys=True)
    understood = (
        f"moment {one.rank} of “{sheet.wish or sheet.understood}”, whole: {one.lasts:.1f} s, {sheet.understood}"
    )
    return made.model_copy(
        update={"run": identity(sheet.run.encode(), asked.encode(), PIPELINE.encode()), "understood": understood}
    )


def _of_bytes(brief: Mapping[str, Any], version: str, options: Options) -> bool:
    """Whether a brief is of moments of the very bytes, heard the same way."""
    own = brief["options"]
    return bool(own.get("version") == version and own.get("sidecar", "") == options.sidecar)


def _used(options: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(options.get("used", ()))


def _place(name: str) -> tuple[str, int]:
    return name[0], int(name[1:])
