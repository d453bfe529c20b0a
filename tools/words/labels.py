"""Who speaks, where a transcript of a meeting says so in its text: "Anna Kowalski: …".  It is no part of what is said."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tools.schema import Transcript

_LABEL = re.compile(r"^\W*(?P<name>(?:[Ss]peaker|SPEAKER) ?\d+|[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){0,3}):(?=\s)")


def labels(transcript: Transcript | None) -> frozenset[str]:
    """Names that stand before what is said, with a colon, again and again: who speaks, in a transcript of a meeting."""
    found = [m["name"] for each in (transcript.sentences if transcript else ()) if (m := _LABEL.match(each.text))]
    return frozenset(
        name
        for name in found
        if name.lower().startswith("speaker ")
        or (found.count(name) > 1 and all(part[0].isupper() for part in name.split()))
    )


def labelled(texts: Sequence[str], names: frozenset[str]) -> list[str]:
    """Those of ``texts`` that begin with a label, or hold one."""
    return [text for text in texts if any(re.search(rf"(?<!\w){re.escape(name)}:", text) for name in names)]
