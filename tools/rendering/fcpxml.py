"""The cut as Final Cut Pro XML, by its public document type 1.9.  Every time is a whole number of frames at the exact rate.

OpenTimelineIO's own writer of it does not take 29.97 frames a second.
"""

from __future__ import annotations

from fractions import Fraction
from xml.etree import ElementTree as xml

from tools.media import timecode
from tools.rendering.linked import Original, note
from tools.schema import CutList, Source
from tools.text import clean

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n'


def document(cut: CutList, source: Source, original: Original) -> str:
    """One project: a clip of the original for each clip of the cut, with a marker that carries its role and reason."""
    rate = cut.fps
    begins = timecode.begins(source, rate)
    counted = "DF" if timecode.counting(source, timecode.coded(rate)).drop else "NDF"
    ends = [clip.first_frame + clip.frames for clip in cut.clips]
    whole = max(round(Fraction(source.duration).limit_denominator(1_000_000) * rate), *ends)

    def at(frames: int) -> str:
        seconds = frames / rate
        return f"{seconds.numerator}/{seconds.denominator}s" if seconds.denominator > 1 else f"{seconds.numerator}s"

    root = xml.Element("fcpxml", version="1.9")
    resources = xml.SubElement(root, "resources")
    size = {"width": str(source.width or 1920), "height": str(source.height or 1080)}
    xml.SubElement(resources, "format", {"id": "r1", "frameDuration": at(1), **size})
    sound = {"hasAudio": "1", "audioSources": "1", "audioChannels": str(source.channels or 2)}
    seen = source.has_video or not source.has_audio
    kinds = {**({"hasVideo": "1", "format": "r1"} if seen else {}), **(sound if source.has_audio else {})}
    named = {"id": "r2", "name": original.name, "start": at(begins), "duration": at(whole)}
    asset = xml.SubElement(resources, "asset", {**named, **kinds})
    link = original.url if original.url.startswith("file:") else f"./{original.url}"
    xml.SubElement(asset, "media-rep", kind="original-media", src=link)
    project = xml.SubElement(xml.SubElement(root, "event", name="Hookline"), "project", name=_title(cut))
    length = at(cut.frames)
    sequence = xml.SubElement(project, "sequence", format="r1", duration=length, tcStart="0s", tcFormat=counted)
    spine = xml.SubElement(sequence, "spine")
    for clip, begin in zip(cut.clips, cut.starts(), strict=True):
        first = at(begins + clip.first_frame)
        played = {"ref": "r2", "name": f"{clip.label} {clip.role}", "offset": at(begin), "start": first}
        as_seen = {"format": "r1"} if seen else {"audioRole": "dialogue"}
        item = xml.SubElement(
            spine, "asset-clip", {**played, "duration": at(clip.frames), **as_seen, "tcFormat": counted}
        )
        told = {"value": note(clip), "note": ", ".join(clip.ids)}
        xml.SubElement(item, "marker", {"start": first, "duration": at(1), **told})
    xml.indent(root)
    return HEAD + xml.tostring(root, encoding="unicode") + "\n"


def _title(cut: CutList) -> str:
    return f"{cut.id} {clean(cut.wish, 80)}".strip()
