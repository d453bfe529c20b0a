"""The cut as a CMX 3600 edit list, which every program for editing and grading reads.

OpenTimelineIO's own writer of it leaves out the sound and the line that says how frames are counted.
"""

from __future__ import annotations

from tools.media import timecode
from tools.rendering.linked import Original, note
from tools.schema import CutList, Source
from tools.text import clean


def document(cut: CutList, source: Source, original: Original) -> str:
    """An event of the picture and one of the sound for each clip, of what the source has; markers stand where they play."""
    rate = timecode.coded(cut.fps)
    count, first = timecode.counting(source, rate), timecode.begins(source, rate)
    title = clean(f"{cut.id} {cut.wish}", 70).strip()
    lines = [f"TITLE: {title}", f"FCM: {'' if count.drop else 'NON-'}DROP FRAME"]
    channels = ["V"] if source.has_video or not source.has_audio else []
    channels += ["AA" if source.channels != 1 else "A"] if source.has_audio else []

    def at(frames: int) -> int:
        return round(frames * rate / cut.fps)

    events = 0
    for clip, begin in zip(cut.clips, cut.starts(), strict=True):
        source_in, record = first + at(clip.first_frame), at(begin)
        length = at(begin + clip.frames) - record
        spans = (source_in, source_in + length, record, record + length)
        for channel in channels:
            events += 1
            lines.append(f"{events:03}  AX       {channel:<5} C        {' '.join(map(count.code, spans))}")
            lines += [f"* FROM CLIP NAME: {original.name}", f"* FROM FILE: {original.url}"]
            if channel == channels[0]:
                lines.append(f"* LOC: {count.code(record)} YELLOW  {note(clip)}")
    return "\n".join(lines) + "\n"
