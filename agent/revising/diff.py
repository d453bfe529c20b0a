"""What one version changes of another, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.reading.wish import name_platform, name_shapes
from tools.ids import Stretch
from tools.schema import Clip, CutList
from tools.words.languages import listed


def diff(old: CutList | None, new: CutList | None, before: Any, after: Any) -> str:
    """What ``new`` changes of ``old``: "−B, A 5.7 → 4.9 s"; then shapes, captions and platforms.  Empty where nothing changed."""
    said = list(_clips_changed(old, new)) if old and new else []
    if old and new and abs(old.length - new.length) >= 0.05:
        said.append(f"{old.length:.1f} → {new.length:.1f} s in all")
    if before.captions != after.captions:
        said.append(f"captions {before.captions} → {after.captions}")
    if before.options.tongues != after.options.tongues:
        said.append(f"captions in {listed(after.options.tongues)}")
    for what, told in (("shapes", lambda name: name_shapes([name])), ("platforms", name_platform)):
        was, now = getattr(before, what), getattr(after, what)
        said += [f"+{told(name)}" for name in now if name not in was]
        said += [f"−{told(name)}" for name in was if name not in now]
    if (tone := after.options.tone) and tone != before.options.tone:
        said.append(f"tone {tone}")
    return ", ".join(said)


def _clips_changed(old: CutList, new: CutList) -> Iterator[str]:
    pairs: list[tuple[Clip, Clip]] = []
    free = list(old.clips)
    for clip in new.clips:
        alike = max(free, key=lambda other: len(set(other.ids) & set(clip.ids)), default=None)
        if alike is not None and set(alike.ids) & set(clip.ids):
            free.remove(alike)
            pairs.append((alike, clip))
    yield from (f"−{clip.label}" for clip in free)
    kept = {id(clip) for _, clip in pairs}
    yield from (
        f"+{Stretch.of(clip.ids)} ({clip.length:.1f} s, now {clip.label})" for clip in new.clips if id(clip) not in kept
    )
    for was, now in pairs:
        if f"{was.length:.1f}" != f"{now.length:.1f}" or was.ids != now.ids:
            yield f"{was.label} {was.length:.1f} → {now.length:.1f} s"
    order = [was.label for was, _ in pairs]
    if order != sorted(order):
        yield "order " + " ".join(order)


def played(cut: CutList) -> dict[str, tuple[int, int]]:
    """First frame and frames of each clip, by its ids."""
    return {str(Stretch.of(clip.ids)): (clip.first_frame, clip.frames) for clip in cut.clips}
