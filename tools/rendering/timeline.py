"""The cut for an editor's own program: OpenTimelineIO, CMX 3600 EDL, Final Cut Pro 7 XML and FCPXML, linked to the original by name."""

from __future__ import annotations

from pathlib import Path, PurePath

import opentimelineio as otio

from tools.files.whole import whole, write
from tools.rendering import fcpxml
from tools.schema import CutList, Source
from tools.text import clean

NAMES = ("cut.otio", "cut.edl", "cut.fcp7.xml", "cut.fcpxml")


def export(cut: CutList, source: Source, folder: Path) -> tuple[Path, ...]:
    """Write the four files into ``folder``.  Clip ranges are frames of the original at the cut's rate; markers carry the reasons.

    The original is named, not embedded: the file is found beside the timeline, or relinked in the editor's program.
    """
    timeline, rate = build(cut, source), float(cut.fps)
    coded = _coded(rate)
    paths = tuple(folder / name for name in NAMES)
    for path, adapter in zip(paths, ("otio_json", "cmx_3600", "fcp_xml"), strict=False):
        # Time code is written at the rate of its frames, or else every entry is off by the drop.
        more = {"rate": coded} if adapter == "cmx_3600" else {}
        written = timeline if adapter == "otio_json" or coded == rate else build(cut, source, coded)
        with whole(path) as part:
            otio.adapters.write_to_file(written, str(part), adapter_name=adapter, **more)
    write(paths[-1], fcpxml.document(cut, source).encode())
    return paths


def build(cut: CutList, source: Source, coded: float | None = None) -> otio.schema.Timeline:
    """One video track, and one audio track where the source has sound; times at the cut's rate, or at ``coded``."""
    own = float(cut.fps)
    rate = coded or own

    def _range(first: int, frames: int) -> otio.opentime.TimeRange:
        start, end = (otio.opentime.RationalTime(round(n * rate / own), rate) for n in (first, first + frames))
        return otio.opentime.TimeRange(start, end - start)

    name = clean(PurePath(source.name).name, 120) or "source"
    media = otio.schema.ExternalReference(
        target_url=name,
        available_range=otio.opentime.TimeRange(
            otio.opentime.RationalTime(0, rate), otio.opentime.RationalTime(round(source.duration * rate), rate)
        ),
    )
    media.name = name
    timeline = otio.schema.Timeline(name=f"{cut.id} {clean(cut.wish, 80)}".strip())
    timeline.global_start_time = otio.opentime.RationalTime(0, rate)
    kinds = [otio.schema.TrackKind.Video] + ([otio.schema.TrackKind.Audio] if source.has_audio else [])
    for kind in kinds:
        track = otio.schema.Track(name=kind, kind=kind)
        for clip in cut.clips:
            item = otio.schema.Clip(
                name=f"{clip.label} {clip.role}",
                media_reference=media.clone(),
                source_range=_range(clip.first_frame, clip.frames),
                metadata={"hookline": {"ids": list(clip.ids), "role": clip.role, "reason": clean(clip.reason, 600)}},
            )
            if kind == otio.schema.TrackKind.Video:
                item.markers.append(
                    otio.schema.Marker(
                        name=f"{clip.role}: {clean(clip.reason, 200)}",
                        marked_range=_range(clip.first_frame, 1),
                        color="ORANGE",
                    )
                )
            track.append(item)
        timeline.tracks.append(track)
    return timeline


def _coded(rate: float) -> float:
    """The rate of time code: the frames' own where it has one, else one that it divides, such as 60 for 20."""
    if otio.opentime.RationalTime.is_valid_timecode_rate(rate):
        return rate
    return next((float(each) for each in (24, 25, 30, 48, 50, 60) if each % rate == 0), 60.0)
