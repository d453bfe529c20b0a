"""The cut for an editor's own program: OpenTimelineIO, CMX 3600 EDL, Final Cut Pro 7 XML and FCPXML, linked to the original.

Frames are numbered as the camera numbered them, so that each program finds the place in the original that it knows.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import opentimelineio as otio

from tools.files.whole import whole, write
from tools.media import timecode
from tools.rendering import edl, fcp7, fcpxml
from tools.rendering.linked import Original, note, original
from tools.schema import Clip, CutList, Source
from tools.text import clean

NAMES = ("cut.otio", "cut.edl", "cut.fcp7.xml", "cut.fcpxml")


def export(cut: CutList, source: Source, folder: Path, link: str = "") -> tuple[Path, ...]:
    """Write the four files into ``folder``.  Clip ranges are frames of the original at the cut's rate; markers carry the reasons.

    The original is named, not embedded: by its ``link``, a ``file:`` URL, where it lies on this machine, else by its name.
    """
    media = original(source, link)
    paths = tuple(folder / name for name in NAMES)
    with whole(paths[0]) as part:
        otio.adapters.write_to_file(build(cut, source, media), str(part), adapter_name="otio_json")
    for path, writer in zip(paths[1:], (edl, fcp7, fcpxml), strict=True):
        write(path, writer.document(cut, source, media).encode())
    return paths


def build(cut: CutList, source: Source, media: Original) -> otio.schema.Timeline:
    """A track of the picture and one of the sound, of what the source has; times at the cut's rate, from the camera's time code."""
    rate, begins = float(cut.fps), timecode.begins(source, cut.fps)

    def _range(first: int, frames: int) -> otio.opentime.TimeRange:
        return otio.opentime.TimeRange(
            otio.opentime.RationalTime(first, rate), otio.opentime.RationalTime(frames, rate)
        )

    ends = [clip.first_frame + clip.frames for clip in cut.clips]
    there = otio.schema.ExternalReference(
        target_url=media.url, available_range=_range(begins, max(round(source.duration * rate), *ends))
    )
    there.name = media.name
    timeline = otio.schema.Timeline(name=f"{cut.id} {clean(cut.wish, 80)}".strip())
    timeline.global_start_time = otio.opentime.RationalTime(0, rate)
    if source.timecode:
        timeline.metadata["hookline"] = {"timecode": source.timecode}
    kinds = [otio.schema.TrackKind.Video] if source.has_video or not source.has_audio else []
    kinds += [otio.schema.TrackKind.Audio] if source.has_audio else []
    for kind in kinds:
        track = otio.schema.Track(name=kind, kind=kind)
        for clip in cut.clips:
            first = begins + clip.first_frame
            item = otio.schema.Clip(
                name=f"{clip.label} {clip.role}",
                media_reference=there.clone(),
                source_range=_range(first, clip.frames),
                metadata={"hookline": _about(clip)},
            )
            if kind == kinds[0]:
                item.markers.append(otio.schema.Marker(name=note(clip), marked_range=_range(first, 1), color="ORANGE"))
            track.append(item)
        timeline.tracks.append(track)
    return timeline


def _about(clip: Clip) -> dict[str, Any]:
    """What is told of a clip beside its range."""
    told: dict[str, Any] = {"ids": list(clip.ids), "role": clip.role, "reason": clean(clip.reason, 600)}
    return told | ({"original": clip.original.model_dump()} if clip.original else {})
