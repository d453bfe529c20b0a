"""Several recordings as one file, a reel, in which they play one after the other: everything behind it works on one file.

Each is brought to one size, rate and loudness once: padded and never stretched, upright, in BT.709, by the graph that a promo's clips go
through; its sound by one gain.  A second of black and silence lies behind each but the last, so that no frame, word or breath of one is
another's.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import ffmpeg

from tools.files import intake
from tools.files.whole import whole, write
from tools.media import facts, reels, voices
from tools.media.opening import REEL, VIDEO, reading
from tools.media.process import Progress, convert, threads
from tools.media.starts import late
from tools.rendering import graph
from tools.rendering.loudness import QUIET
from tools.rendering.placing import even, scale
from tools.schema import Clip, Source, Take
from tools.text import clean
from tools.troubles import Refusal
from tools.workspace import Workspace

VERSION = "1"
"""Of how a reel is made; another makes it anew."""
BETWEEN = 1.0
"""Seconds of black and silence between two takes."""
WIDEST = 1920
"""Pixels of its longer side at most."""
LOUDEST, PEAK = -16.0, -1.0
"""LUFS that every take is brought to where it can be without a peak over ``PEAK`` dBTP; all of them lower where one can't."""
QUALITY = 17
LARGEST = 65_536
"""Megabytes of a reel."""
GROUND = "0x14181f"
"""What is shown while a recording without a picture plays beside others."""
SOUND_RATE = Fraction(30)


@dataclass(frozen=True)
class Layout:
    """What every take is brought to.  No size for a reel of sound alone."""

    width: int
    height: int
    rate: Fraction
    frames: tuple[int, ...]
    """Of each take, without what lies between."""

    @property
    def gap(self) -> int:
        return round(BETWEEN * self.rate)

    @property
    def starts(self) -> list[int]:
        """The frame of the reel at which each take begins."""
        found, at = [], 0
        for frames in self.frames:
            found.append(at)
            at += frames + self.gap
        return found

    @property
    def whole(self) -> int:
        return self.starts[-1] + self.frames[-1]

    def length(self, place: int) -> int:
        """Frames of a take with the black behind it."""
        return self.frames[place] + (self.gap if place + 1 < len(self.frames) else 0)

    def samples(self, place: int) -> tuple[int, int]:
        """The samples of the reel at which a take begins and at which the next one does."""
        first = self.starts[place]
        return tuple(round(at / self.rate * graph.SAMPLES) for at in (first, first + self.length(place)))  # type: ignore[return-value]


def probe(paths: Sequence[Path]) -> list[Source]:
    """What measuring each recording told.  Raises ``Refusal`` that names the one that can't be used, and for too few or too many."""
    if not 2 <= len(paths) <= reels.MOST:
        raise Refusal("reel", f"{len(paths)} recordings were given; 2 to {reels.MOST} can be joined.")
    found: list[Source] = []
    for path, name in zip(paths, _names(paths), strict=True):
        try:
            source = facts.probe(path, name)
        except Refusal as no:
            raise Refusal(no.code, f"{name} can't be joined: {no}") from no
        if twin := next((other.name for other in found if other.sha256 == source.sha256), ""):
            raise Refusal("reel", f"{name} and {twin} are the same recording; name each once.")
        found.append(source)
    check_length(found)
    return found


def check_length(sources: Sequence[Source]) -> None:
    """Raises ``Refusal`` where recordings together last longer than a video may."""
    seconds = sum(each.duration for each in sources) + BETWEEN * (len(sources) - 1)
    if seconds > intake.LONGEST:
        raise Refusal(
            "too_long",
            f"Together they last {seconds / 3600:.1f} hours, and {intake.LONGEST / 3600:g} are the most; join fewer, or shorter ones.",
        )


def _names(paths: Sequence[Path]) -> list[str]:
    """The files' names, numbered where two are the same."""
    found: list[str] = []
    for path in paths:
        name = clean(path.name, reels.NAME - 5) or "recording"
        same = sum(each == name or each.startswith(f"{name} (") for each in found)
        found.append(f"{name} ({same + 1})" if same else name)
    return found


def digest(sources: Sequence[Source]) -> str:
    """By what a reel of these is kept: their bytes, names and order."""
    told = [VERSION, *(f"{each.sha256} {each.name}" for each in sources)]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:20]


def lay_out(sources: Sequence[Source]) -> Layout:
    """The size and the rate that most seconds of picture have, the larger and the faster of two that have as many."""
    sizes: dict[tuple[int, int], float] = defaultdict(float)
    rates: dict[Fraction, float] = defaultdict(float)
    for each in sources:
        if each.has_video:
            sizes[each.width, each.height] += each.duration
            rates[each.fps] += each.duration
    wide, tall = max(sizes, key=lambda size: (sizes[size], size[0] * size[1]), default=(0, 0))
    rate = max(rates, key=lambda rate: (rates[rate], rate), default=SOUND_RATE)
    small = min(1.0, WIDEST / max(wide, tall, 1))
    frames = tuple(max(1, int(Fraction(each.duration).limit_denominator(1_000_000) * rate)) for each in sources)
    return Layout(even(wide * small) if wide else 0, even(tall * small) if tall else 0, rate, frames)


def takes(sources: Sequence[Source], layout: Layout) -> tuple[Take, ...]:
    """The takes as the reel will tell of them."""
    found = []
    for source, first, frames in zip(sources, layout.starts, layout.frames, strict=True):
        start, end = (round(float(at / layout.rate), 9) for at in (first, first + frames))
        code, rate = reels.camera(source)
        found.append(
            Take(name=source.name, start=start, end=end, sha256=source.sha256, timecode=code, timecode_rate=rate)
        )
    return tuple(found)


def make(paths: Sequence[Path], sources: Sequence[Source], folder: Path, into: Path, progress: Progress) -> None:
    """Make the reel ``into`` of recordings that were probed, in ``folder``, which keeps each finished take until all of them are.

    Whoever was killed goes on with the takes that are missing.
    """
    layout, loud = lay_out(sources), []
    for place, (path, source) in enumerate(zip(paths, sources, strict=True)):
        before, share = (0.97 * frames / layout.whole for frames in (layout.starts[place], layout.length(place)))
        loud.append(_take(path, source, layout, place, folder, partial(_within, progress, before, share)))
    write(folder / "told.txt", told(takes(sources, layout)).encode())
    write(folder / "takes.txt", "".join(f"file 'take-{n}.mp4'\n" for n in range(len(sources))).encode())
    with whole(into, folder) as part:
        seconds = float(layout.whole / layout.rate)
        convert(joined(layout, gains(loud), part.name), folder, 600 + seconds, largest=LARGEST)
    for left in folder.glob("take-*"):
        left.unlink()
    progress(1.0)


def _within(progress: Progress, before: float, share: float, done: float) -> None:
    """Tell the progress of a part that is ``share`` of the whole."""
    progress(before + share * done)


def _take(
    path: Path, source: Source, layout: Layout, place: int, folder: Path, progress: Progress
) -> tuple[float, float]:
    """Make the picture and the sound of one take; LUFS and true peak of its sound."""
    known = folder / f"take-{place}.json"
    if known.is_file():
        loud, peak = json.loads(known.read_bytes())
        return loud, peak
    workspace = Workspace(folder / f"work-{place}")
    workspace.video.unlink(missing_ok=True)
    workspace.video.symlink_to(path.resolve())
    source = voices.choose(workspace, source)
    picture, sound = folder / f"take-{place}.mp4", folder / f"take-{place}.flac"
    seconds = float(layout.length(place) / layout.rate)
    with whole(sound, workspace.folder) as heard:
        said = convert(
            sound_of(source, layout, place, heard.name), workspace.folder, 120 + 4 * seconds, largest=LARGEST
        )
    if layout.width:
        with whole(picture, workspace.folder) as seen:
            arguments = picture_of(source, layout, place, seen.name)
            convert(arguments, workspace.folder, 120 + 60 * seconds, total=seconds, progress=progress, largest=LARGEST)
    loud, peak = _measured(said)
    write(known, json.dumps([loud, peak]).encode())
    _empty(workspace.folder)
    return loud, peak


def _empty(folder: Path) -> None:
    """Take a take's own folder away; what it was made of lies elsewhere."""
    for each in sorted(folder.rglob("*"), reverse=True):
        each.rmdir() if each.is_dir() and not each.is_symlink() else each.unlink()
    folder.rmdir()


def _even_clock(source: Source) -> Source:
    """The source as what is played from its very first moment, a late picture held back to where it comes."""
    return source.model_copy(update={"variable_rate": True})


def picture_of(source: Source, layout: Layout, place: int, out: str) -> list[str]:
    """ffmpeg's arguments for a take's picture in the reel's size and rate, and the black behind it."""
    count, black = layout.frames[place], layout.length(place) - layout.frames[place]
    if source.has_video:
        clip = Clip(start=0, end=source.duration, label="A", ids=("V1",), role="hook", reason="whole", frames=count)
        lead = Fraction(source.duration).limit_denominator(1_000_000) + 1
        seen = graph.upright(_even_clock(source), VIDEO, reading(source), clip, layout.rate, threads(2), lead)
        small = min(layout.width / source.width, layout.height / source.height)
        wide, tall = (
            min(most, even(side * small))
            for most, side in ((layout.width, source.width), (layout.height, source.height))
        )
        seen = scale(seen, wide, tall, source)
        left, top = ((most - side) // 4 * 2 for most, side in ((layout.width, wide), (layout.height, tall)))
        seen = seen.filter("pad", layout.width, layout.height, left, top, "black")
    else:
        colour = f"color=c={GROUND}:s={layout.width}x{layout.height}:r={layout.rate}"
        seen = ffmpeg.input(colour, f="lavfi", t=f"{float((count + 1) / layout.rate):.6f}").video
        seen = seen.filter("trim", end_frame=count).filter("format", "yuv420p").filter("setsar", 1)
    if black:
        seen = seen.filter("tpad", stop=black, stop_mode="add", color="black")
    seen = seen.filter("setpts", "N/FRAME_RATE/TB")
    kept = {k: v for k, v in graph.encoding(layout.rate, threads()).items() if k not in _OTHERWISE}
    return list(ffmpeg.output(seen, out, **kept, crf=QUALITY, video_track_timescale=layout.rate.numerator).get_args())


_OTHERWISE = ("acodec", "audio_bitrate", "ar", "ac", "fs", "crf", "maxrate", "bufsize", "movflags")


def sound_of(source: Source, layout: Layout, place: int, out: str) -> list[str]:
    """ffmpeg's arguments for a take's sound, whole and as loud as it is, and the silence behind it; it is measured on the way."""
    first, end = layout.samples(place)
    last = first + round(layout.frames[place] / layout.rate * graph.SAMPLES)
    if source.has_audio:
        given = ffmpeg.input(VIDEO, **reading(source), vn=None, t=f"{source.duration + 1:.6f}")
        heard = graph.heard(given, source, -round(late(source, source.audio_start) * graph.SAMPLES))
    else:
        heard = ffmpeg.input(f"anullsrc=r={graph.SAMPLES}:cl=stereo", f="lavfi", t=f"{source.duration + 1:.6f}").audio
    heard = heard.filter("apad").filter("atrim", start_sample=0, end_sample=last - first)
    heard = heard.filter("ebur128", peak="true", framelog="quiet").filter("apad", whole_len=end - first)
    heard = heard.filter("atrim", start_sample=0, end_sample=end - first).filter("asetpts", "N/SR/TB")
    return list(ffmpeg.output(heard, out, format="flac", acodec="flac", sample_fmt="s32", ar=graph.SAMPLES).get_args())


_LOUD, _PEAK = re.compile(r"\bI:\s+(-?[\d.]+|-inf) LUFS"), re.compile(r"\bPeak:\s+(-?[\d.]+|-inf) dBFS")


def _measured(said: str) -> tuple[float, float]:
    """Integrated loudness and true peak, as ffmpeg's summary (EBU R 128) has them."""
    loud, peak = (max(-99.0, float(each.findall(said)[-1])) for each in (_LOUD, _PEAK))
    return loud, peak


def gains(measured: Sequence[tuple[float, float]]) -> list[float]:
    """dB for each of (LUFS, dBTP): all that are heard as loud as each other, none with a peak over ``PEAK``."""
    heard = [(loud, peak) for loud, peak in measured if loud > QUIET]
    level = min([LOUDEST, *(loud + PEAK - peak for loud, peak in heard)])
    return [round(level - loud, 2) if loud > QUIET else 0.0 for loud, _ in measured]


def joined(layout: Layout, decibels: Sequence[float], out: str) -> list[str]:
    """ffmpeg's arguments for the whole: the takes' pictures copied one after another, their sounds at their gains, and what is told of them."""
    parts = [
        ffmpeg.input(f"take-{n}.flac", f="flac").audio.filter("volume", f"{decibel:.2f}dB")
        for n, decibel in enumerate(decibels)
    ]
    sound = ffmpeg.concat(*parts, v=0, a=1)
    streams: list[Any] = [sound]
    kept = {
        k: v for k, v in graph.encoding(layout.rate, threads()).items() if k in ("acodec", "ar", "ac", "audio_bitrate")
    }
    if layout.width:
        streams.insert(0, ffmpeg.input("takes.txt", f="concat").video)
        kept["vcodec"] = "copy"
    told = {"map_metadata": len(decibels) + bool(layout.width), "map_chapters": len(decibels) + bool(layout.width)}
    output = ffmpeg.output(*streams, out, f="mp4", movflags="+faststart+use_metadata_tags", **kept, **told)
    arguments = list(output.get_args())
    # What is told is one more input, of no stream.
    place = arguments.index("-filter_complex")
    return [*arguments[:place], "-f", "ffmetadata", "-i", "told.txt", *arguments[place:]]


def told(found: Sequence[Take]) -> str:
    """What a reel says of itself, as ffmpeg's metadata: the tag, and a chapter for each take."""
    lines = [";FFMETADATA1", f"{REEL}={_escaped(reels.tag(found))}"]
    for take in found:
        start, end = (round(1000 * each) for each in (take.start, take.end))
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={start}", f"END={end}", f"title={_escaped(take.name)}"]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return re.sub(r"([=;#\\\n])", r"\\\1", text)
