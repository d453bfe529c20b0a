"""The cut as Final Cut Pro 7 XML (xmeml 5), which Premiere Pro and DaVinci Resolve take: picture and sound linked, one track a channel.

OpenTimelineIO's own writer of it links nothing and knows no time code that drops.  In and out count from the first frame of the file, its own
number beside it.
"""

from __future__ import annotations

from fractions import Fraction
from xml.etree import ElementTree as xml

from tools.media import timecode
from tools.rendering.linked import Original, note
from tools.schema import Clip, CutList, Source
from tools.text import clean

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n'
MOST_CHANNELS = 8


def document(cut: CutList, source: Source, original: Original) -> str:
    return HEAD + xml.tostring(_Writer(cut, source, original).sequence(), encoding="unicode") + "\n"


class _Writer:
    def __init__(self, cut: CutList, source: Source, original: Original) -> None:
        self.cut, self.source, self.original = cut, source, original
        self.rate = timecode.coded(cut.fps)
        self.count = timecode.counting(source, self.rate)
        self.channels = min(source.channels or 2, MOST_CHANNELS) if source.has_audio else 0
        ends = [self.at(clip.first_frame + clip.frames) for clip in cut.clips]
        self.whole = max(round(Fraction(source.duration).limit_denominator(1_000_000) * self.rate), *ends)
        self.described = False
        self.tracks = [*([0] if source.has_video or not self.channels else []), *range(1, self.channels + 1)]
        """0 for the picture, else a channel of the sound."""

    def at(self, frames: int) -> int:
        return round(frames * self.rate / self.cut.fps)

    def sequence(self) -> xml.Element:
        root = xml.Element("xmeml", version="5")
        sequence = xml.SubElement(root, "sequence", id=self.cut.id)
        _put(sequence, name=f"{self.cut.id} {clean(self.cut.wish, 80)}".strip(), duration=self.at(self.cut.frames))
        self._rate(sequence)
        self._timecode(sequence, 0)
        media = xml.SubElement(sequence, "media")
        video = xml.SubElement(media, "video")
        self._picture(xml.SubElement(video, "format"))
        if 0 in self.tracks:
            self._track(video, 0)
        audio = xml.SubElement(media, "audio") if self.channels else None
        if audio is not None:
            _put(audio, numOutputChannels=2)
            _put(xml.SubElement(xml.SubElement(audio, "format"), "samplecharacteristics"), depth=16, samplerate=48000)
            for channel in range(1, self.channels + 1):
                self._track(audio, channel)
        xml.indent(root)
        return root

    def _track(self, parent: xml.Element, channel: int) -> None:
        """The picture for ``channel`` 0, else a channel of the sound."""
        track = xml.SubElement(parent, "track")
        for place, (clip, begin) in enumerate(zip(self.cut.clips, self.cut.starts(), strict=True), 1):
            self._item(track, clip, begin, place, channel)
        _put(track, enabled="TRUE", locked="FALSE")
        if channel:
            _put(track, outputchannelindex=2 - channel % 2)

    def _item(self, track: xml.Element, clip: Clip, begin: int, place: int, channel: int) -> None:
        item = xml.SubElement(track, "clipitem", id=_id(place, channel))
        start, first = self.at(begin), self.at(clip.first_frame)
        length = self.at(begin + clip.frames) - start
        _put(item, masterclipid="original", name=f"{clip.label} {clip.role}", enabled="TRUE", duration=self.whole)
        self._rate(item)
        _put(item, start=start, end=start + length, **{"in": first, "out": first + length})
        self._file(item)
        kind = "audio" if channel else "video"
        _put(xml.SubElement(item, "sourcetrack"), mediatype=kind, trackindex=channel or 1)
        for other in self.tracks:
            link = xml.SubElement(item, "link")
            _put(link, linkclipref=_id(place, other), mediatype="audio" if other else "video")
            _put(link, trackindex=other or 1, clipindex=place)
            if other:
                _put(link, groupindex=1)
        if channel == self.tracks[0]:
            mark = {"name": note(clip), "comment": ", ".join(clip.ids)}
            _put(xml.SubElement(item, "marker"), **mark, **{"in": first, "out": first + 1})

    def _file(self, item: xml.Element) -> None:
        """Described where it is first named."""
        file = xml.SubElement(item, "file", id="file-1")
        if self.described:
            return
        self.described = True
        _put(file, name=self.original.name, pathurl=self.original.url)
        self._rate(file)
        _put(file, duration=self.whole)
        self._timecode(file, timecode.begins(self.source, self.rate))
        media = xml.SubElement(file, "media")
        if 0 in self.tracks:
            self._picture(xml.SubElement(media, "video"))
        if self.channels:
            audio = xml.SubElement(media, "audio")
            rate = self.source.sample_rate or 48000
            _put(xml.SubElement(audio, "samplecharacteristics"), depth=16, samplerate=rate)
            _put(audio, channelcount=self.channels)

    def _picture(self, parent: xml.Element) -> None:
        told = xml.SubElement(parent, "samplecharacteristics")
        self._rate(told)
        size = {"width": self.source.width or 1920, "height": self.source.height or 1080}
        _put(told, **size, anamorphic="FALSE", pixelaspectratio="square", fielddominance="none")

    def _rate(self, parent: xml.Element) -> None:
        ntsc = "TRUE" if self.rate.denominator > 1 else "FALSE"
        _put(xml.SubElement(parent, "rate"), timebase=self.count.second, ntsc=ntsc)

    def _timecode(self, parent: xml.Element, frame: int) -> None:
        code = xml.SubElement(parent, "timecode")
        self._rate(code)
        _put(code, string=self.count.code(frame), frame=frame, displayformat="DF" if self.count.drop else "NDF")


def _id(place: int, channel: int) -> str:
    return f"clipitem-{place}-{f'a{channel}' if channel else 'v'}"


def _put(parent: xml.Element, **values: str | int) -> None:
    for name, value in values.items():
        xml.SubElement(parent, name).text = str(value)
