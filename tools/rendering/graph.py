"""The graph of a promo, as ffmpeg's arguments.  Pure: nothing is opened or run, so tests read the arguments.

Every clip is sought on its own, decoded once, and split over the pieces of all shapes.  A frame is picked by its number
on the promo's even clock, never by a rounded time; that is the one way that was frame-exact in measurements.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import ffmpeg

from tools.media.starts import first_time, late
from tools.rendering.branding import Dress, Mark
from tools.rendering.placing import even, frame, split
from tools.schema import SIZES, Clip, CutList, Piece, Shape, Source

SAMPLES = 48_000
GOP = 2
"""Seconds from one key frame to the next, at most."""
QUALITY = 20
LARGEST = 500_000_000
"""Bytes of one file."""
SOUND_PREROLL = 0.25
"""Seconds decoded before a clip's sound: the first packet after a seek lacks its neighbour."""


_NAME = re.compile(r"[A-Za-z0-9_.-]+\Z")


@dataclass(frozen=True)
class Promo:
    """One file to make.  Both names lie in the run folder."""

    shape: Shape
    out: str
    subtitles: str | None = None


def sample_bounds(cut: CutList) -> list[tuple[int, int]]:
    """First and last-plus-one sample of each clip in the promo: frames are rounded to samples once, from the start."""
    return [
        (round(first / cut.fps * SAMPLES), round((first + clip.frames) / cut.fps * SAMPLES))
        for clip, first in zip(cut.clips, cut.starts(), strict=True)
    ]


def samples(cut: CutList) -> int:
    """Samples of the promo's sound, end card and all."""
    return round((cut.frames + cut.card) / cut.fps * SAMPLES)


def joins(cut: CutList) -> list[float]:
    """Seconds of the promo where one clip follows another."""
    return [end / SAMPLES for _, end in sample_bounds(cut)[:-1]]


def runs_on(before: Clip, after: Clip) -> bool:
    """Whether ``after`` starts at the very frame where ``before`` ends, so that there is nothing to hide."""
    return before.first_frame + before.frames == after.first_frame


def sound_arguments(
    source: Source, video: str, reading: Mapping[str, Any], cut: CutList, out: str, leads: Sequence[Fraction] = ()
) -> list[str]:
    """Decode the clips' sound alone, each cut to its exact samples, one after another: 48 kHz stereo 32-bit floats.

    A clip whose lead reaches to the file's beginning is read from there without a seek; see ``picture_arguments``.
    """
    rate, parts = cut.fps, []
    for number, (clip, (first, last)) in enumerate(zip(cut.clips, sample_bounds(cut), strict=True)):
        start = first_time(source, clip, rate)
        early = late(source, source.audio_start)
        lead = min(start, Fraction(SOUND_PREROLL))
        whole = bool(leads) and leads[number] >= start or start - lead < early
        lead = start if whole else lead
        skip = round(lead * SAMPLES)
        given = ffmpeg.input(
            video,
            **reading,
            vn=None,
            **({} if whole else {"ss": _seconds(start - lead)}),
            t=_seconds(lead + (last - first + SAMPLES // 10) / Fraction(SAMPLES)),
        )
        begins = -round(early * SAMPLES) if whole else 0
        parts.append(
            heard(given, source, begins)
            .filter("apad")
            .filter("atrim", start_sample=skip, end_sample=skip + last - first)
            .filter("asetpts", "PTS-STARTPTS")
        )
    whole = ffmpeg.concat(*parts, v=0, a=1) if len(parts) > 1 else parts[0]
    return list(ffmpeg.output(whole, out, format="f32le", acodec="pcm_f32le", ar=SAMPLES, ac=2).get_args())


SIDES: dict[str, list[tuple[str, dict[str, str]]]] = {
    "left": [("channelmap", {"map": "0-0|0-1", "channel_layout": "stereo"})],
    "right": [("channelmap", {"map": "1-0|1-1", "channel_layout": "stereo"})],
    "both": [("aformat", {"channel_layouts": "mono"})],
}
"""Filters that bring the channels that are heard to both sides."""


def heard(given: Any, source: Source, begins: int) -> Any:
    """The tracks that are heard, as one in stereo."""
    tracks = []
    for index in (source.audio_index, *source.audio_also):
        track = given[str(index)].filter("aresample", SAMPLES, **{"async": 1}, first_pts=begins, min_hard_comp=0.02)
        if index == source.audio_index:
            for name, options in SIDES.get(source.sides, []):
                track = track.filter(name, **options)
        tracks.append(track.filter("aformat", sample_fmts="flt", channel_layouts="stereo"))
    return ffmpeg.filter(tracks, "amix", inputs=len(tracks), normalize=0) if len(tracks) > 1 else tracks[0]


def picture_arguments(
    source: Source,
    video: str,
    reading: Mapping[str, Any],
    cut: CutList,
    pieces: Mapping[Shape, Sequence[Piece]],
    promos: Sequence[Promo],
    sound: str,
    fonts: str,
    threads: int = 2,
    decoders: int = 2,
    leads: Sequence[Fraction] = (),
    dress: Dress | None = None,
) -> list[str]:
    """One process: each clip decoded once, all shapes framed, branded, captioned and encoded, ``sound`` under each of them.

    ``threads`` are for each encoder, ``decoders`` for each decoder.  ``leads`` are the seconds before each clip to seek to,
    so that decoding starts no later than the clip.
    """
    check_names([sound, fonts], promos, dress)
    rate = cut.fps
    shapes = list(dict.fromkeys(promo.shape for promo in promos))
    parts: dict[Shape, list[Any]] = {shape: [] for shape in shapes}
    for clip, lead in zip(cut.clips, leads or [Fraction(0)] * len(cut.clips), strict=True):
        start = first_time(source, clip, rate)
        lead = start if lead >= start else math.floor(lead * rate) / rate
        stream = upright(source, video, reading, clip, rate, decoders, lead)
        wanted = [(shape, piece) for shape in shapes for piece in merge(_of(pieces[shape], clip), clip)]
        for (shape, piece), branch in zip(wanted, split(stream, len(wanted)), strict=True):
            parts[shape].append(frame(_trimmed(branch, piece, clip), piece.framing, source, shape))
    return finished(parts, cut, promos, sound, fonts, threads, dress)


def check_names(names: Sequence[str], promos: Sequence[Promo], dress: Dress | None) -> None:
    """Raises ``ValueError`` where a name that goes into a graph is none of ours."""
    marks = [*dress.corner.values(), *dress.centre.values()] if dress else []
    subtitles = (p.subtitles for p in promos if p.subtitles)
    for name in [*names, *(p.out for p in promos), *subtitles, *(mark.file for mark in marks)]:
        if not _NAME.match(name.removeprefix("out/")):
            raise ValueError(f"{name!r} is no name of ours; only letters, digits, dots and dashes go into a graph")


def finished(
    parts: Mapping[Shape, Sequence[Any]],
    cut: CutList,
    promos: Sequence[Promo],
    sound: str,
    fonts: str,
    threads: int,
    dress: Dress | None,
) -> list[str]:
    """The arguments that join the streams of each shape, brand and caption them, and encode them with ``sound``."""
    rate = cut.fps
    audio = ffmpeg.input(sound, format="f32le", ar=SAMPLES, ac=2)
    outputs = []
    for shape in parts:
        whole = _joined(parts[shape])
        if dress:
            whole = _marked(whole, dress.corner.get(shape)) if parts[shape] else whole
            whole = _joined([*([whole] if parts[shape] else []), *_card(cut, dress, shape)])
        whole = whole.filter("setpts", "N/FRAME_RATE/TB")
        of_shape = [promo for promo in promos if promo.shape == shape]
        for promo, branch in zip(of_shape, split(whole, len(of_shape)), strict=True):
            if promo.subtitles:
                branch = branch.filter("ass", filename=promo.subtitles, fontsdir=fonts)
            outputs.append(ffmpeg.output(branch, audio["a"], promo.out, **encoding(rate, threads), **keyed(cut)))
    return list(ffmpeg.merge_outputs(*outputs).get_args())


def _joined(parts: Sequence[Any]) -> Any:
    """Streams one after another; None of none."""
    return ffmpeg.concat(*parts, v=1, a=0) if len(parts) > 1 else next(iter(parts), None)


def _marked(stream: Any, mark: Mark | None) -> Any:
    """A stream under a logo: one picture, converted once, and only its own part of each frame is touched."""
    if mark is None:
        return stream
    drawn = ffmpeg.input(mark.file, f="png_pipe").video.filter("scale", out_color_matrix="bt709", out_range="tv")
    return ffmpeg.overlay(stream, drawn.filter("format", "yuva420p"), x=mark.x, y=mark.y, format="yuv420")


def _card(cut: CutList, dress: Dress, shape: Shape) -> list[Any]:
    """The end card as a stream: its ground and logo are drawn once and held."""
    if not cut.card:
        return []
    width, height = SIZES[shape]
    colour = f"color=c={dress.ground.replace('#', '0x')}:s={width}x{height}:r={cut.fps}"
    plain = ffmpeg.input(colour, f="lavfi", t=_seconds(Fraction(1) / cut.fps / 2)).video.filter("format", "gbrp")
    plain = plain.filter("scale", out_color_matrix="bt709", out_range="tv").filter("format", "yuv420p")
    shown = _marked(plain, dress.centre.get(shape)).filter("tpad", stop=cut.card - 1, stop_mode="clone")
    return [shown.filter("trim", end_frame=cut.card).filter("setsar", 1)]


def _trimmed(stream: Any, piece: Piece, clip: Clip) -> Any:
    begin = piece.first_frame - clip.first_frame
    if (begin, piece.frames) == (0, clip.frames):
        return stream
    stream = stream.filter("trim", start_frame=begin, end_frame=begin + piece.frames)
    return stream.filter("setpts", "PTS-STARTPTS")


def keyed(cut: CutList) -> dict[str, str]:
    """A closed group of pictures begins with every clip and the end card, so that a clip can be taken out and used again."""
    begins = [*(cut.starts()[1:] if cut.clips else []), *([cut.frames] if cut.card and cut.clips else [])]
    times = [_seconds((first - Fraction(1, 2)) / cut.fps) for first in begins]
    return {"force_key_frames": ",".join(times)} if times else {}


def merge(pieces: Sequence[Piece], clip: Clip) -> list[Piece]:
    """Pieces of one clip with equal neighbours joined.  ``ValueError`` unless they cover its frames exactly."""
    found: list[Piece] = []
    at = clip.first_frame
    for piece in pieces:
        if piece.first_frame != at or piece.frames < 1:
            raise ValueError(f"clip {clip.label}: a piece starts at frame {piece.first_frame}, expected {at}")
        at += piece.frames
        if found and found[-1].framing.model_copy(update={"reason": ""}) == piece.framing.model_copy(
            update={"reason": ""}
        ):
            found[-1] = found[-1].model_copy(update={"frames": found[-1].frames + piece.frames})
        else:
            found.append(piece)
    if at != clip.first_frame + clip.frames:
        raise ValueError(f"clip {clip.label}: its pieces end at frame {at}, expected {clip.first_frame + clip.frames}")
    return found


def _of(pieces: Sequence[Piece], clip: Clip) -> list[Piece]:
    return sorted((p for p in pieces if p.clip == clip.label), key=lambda p: p.first_frame)


EVEN = ("mov",)
"""Containers in which a picture keeps its size.  Elsewhere ffmpeg would begin the graph anew where it changes, and count frames twice;
instead it goes on, and all frames are scaled to the clip's first."""


def upright(
    source: Source, video: str, reading: Mapping[str, Any], clip: Clip, rate: Fraction, threads: int, lead: Fraction
) -> Any:
    """A clip's frames and no others, upright and SDR, from 0 on the promo's clock.

    Decoding starts at the key frame before, and ``fps`` drops what is shown before the clip: so a frame that is
    held into the clip (slides, variable rates) opens it.  What ends early holds its last frame.  A lead that reaches
    to the file's beginning needs no seek, and some files allow none.
    """
    start = first_time(source, clip, rate)
    early = late(source, source.video_start)
    whole = lead >= start or start - lead < early
    lead = start if whole else lead
    seek = {"noaccurate_seek": None, "ss": _seconds(start - lead)}
    if whole:  # to a little after its end, which no other clip shares: equal inputs would be one and the same
        seek = {"t": _seconds(start + clip.frames / rate + 1)}
    given = ffmpeg.input(
        video,
        **reading,
        an=None,
        **seek,
        threads=threads,
        **({} if source.container in EVEN else {"reinit_filter": 0}),
        **{f"display_rotation:{source.video_index}": 0},
    )
    stream = given[str(source.video_index)]
    if source.container not in EVEN:
        stream = stream.filter("scale", "iw", "ih")
    if source.interlaced:
        stream = stream.filter("bwdif", mode="send_frame")
    stream = (
        stream.filter("fps", fps=str(rate), start_time=_seconds(lead - early if whole else lead), round="near")
        .filter("tpad", stop=-1, stop_mode="clone")
        .filter("trim", start_frame=clip.held[0], end_frame=clip.frames - clip.held[1])
        .filter("setpts", "PTS-STARTPTS")
    )
    if any(clip.held):
        first, last = clip.held
        stream = stream.filter("tpad", start=first, start_mode="clone", stop=last, stop_mode="clone")
    if source.mirrored:
        stream = stream.filter("hflip")
    for name, options in TURNS[source.rotation]:
        stream = stream.filter(name, **options)
    if source.hdr:
        stream = _tone(stream, source)
    return stream


TURNS: dict[int, list[tuple[str, dict[str, str]]]] = {
    0: [],
    90: [("transpose", {"dir": "clock"})],
    180: [("hflip", {}), ("vflip", {})],
    270: [("transpose", {"dir": "cclock"})],
}


def _tone(stream: Any, source: Source) -> Any:
    """HDR to BT.709, by zimg and Hable's curve, at no more than 1920 pixels: floats of a 4K frame are 100 MB."""
    small = min(1.0, 1920 / max(source.width, source.height))
    wide, tall = even(source.width * small), even(source.height * small)
    return (
        stream.filter("zscale", w=wide, h=tall, t="linear", npl=203)
        .filter("format", "gbrpf32le")
        .filter("zscale", p="bt709")
        .filter("tonemap", tonemap="hable", desat=0)
        .filter("zscale", t="bt709", m="bt709", r="tv")
        .filter("format", "yuv420p")
    )


def encoding(rate: Fraction, threads: int) -> dict[str, Any]:
    gop = max(1, math.floor(rate * GOP))
    return {
        "format": "mp4",
        "vcodec": "libx264",
        "preset": "veryfast",
        "profile:v": "high",
        "pix_fmt": "yuv420p",
        "crf": QUALITY,
        "maxrate": "12M",
        "bufsize": "24M",
        "g": gop,
        "keyint_min": max(1, gop // 2),
        "flags": "+cgop",
        "r": str(rate),
        "threads": threads,
        # With its lookahead in a thread of its own x264 now and then decides otherwise on a busy machine.
        "x264-params": "sync-lookahead=0",
        "color_primaries": "bt709",
        "color_trc": "bt709",
        "colorspace": "bt709",
        "color_range": "tv",
        "acodec": "aac",
        "audio_bitrate": "192k",
        "ar": SAMPLES,
        "ac": 2,
        "map_metadata": -1,
        "map_chapters": -1,
        "movflags": "+faststart",
        "fs": LARGEST,
    }


def resound_arguments(promo: str, sound: str, out: str) -> list[str]:
    """The same picture, copied, with other sound."""
    picture = ffmpeg.input(promo, format="mov", protocol_whitelist="file")
    audio = ffmpeg.input(sound, format="f32le", ar=SAMPLES, ac=2)
    kept = {
        k: v
        for k, v in encoding(Fraction(1), 1).items()
        if k in ("format", "acodec", "audio_bitrate", "ar", "ac", "map_metadata", "map_chapters", "movflags", "fs")
    }
    return list(ffmpeg.output(picture["v"], audio["a"], out, vcodec="copy", **kept).get_args())


def _seconds(value: Fraction) -> str:
    return f"{float(value):.6f}"
