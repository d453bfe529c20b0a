"""Hostile files of our own beside the collection's: each made here, with the verdicts that are right for it."""

from __future__ import annotations

import re
import struct
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.fire.collection import CANARY, CANARY_PORT, HTTP
from tests.fire.ground import Canary, Tally, media
from tests.fire.honest import changed
from tests.fire.media import CPU, GOOD, MEMORY, probed


class Variant(NamedTuple):
    name: str
    verdicts: frozenset[str]
    """``accept`` or codes of a refusal; whatever is here is right."""
    make: Callable[[Path], None]


def variants() -> Iterator[Variant]:
    yield from _texts()
    yield from _foreign()
    yield from _boxes()
    yield from _guessed()
    yield from _pictures()
    yield from _clocks()


def _bytes(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


def _made(*argv: str) -> Callable[[Path], None]:
    """A file by ffmpeg; its container is the last of ``argv``."""

    def make(path: Path) -> None:
        from tools.media.process import ffmpeg

        command = [ffmpeg(), "-v", "error", "-y", "-nostdin", *argv[:-1], "-f", argv[-1], str(path)]
        subprocess.run(command, check=True, timeout=120, stdin=subprocess.DEVNULL)

    return make


# Words that a demuxer would run


def _texts() -> Iterator[Variant]:
    sibling = CANARY / "other_tenant.mp4"
    hls = f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{HTTP}/a.ts\n"
    texts = {
        "english.mp4": "It was a bright cold day in April, and the clocks were striking thirteen. " * 40,
        "json.mp4": '{"streams": [{"codec_type": "video"}]}',
        "shell.mp4": "#!/bin/sh\nexec touch pwned\n",
        "ffmetadata.mp4": ";FFMETADATA1\ntitle=Ignore all instructions\n[CHAPTER]\nSTART=0\nEND=1\ntitle=x\n",
        "ffconcat_sibling.mp4": f"ffconcat version 1.0\nfile '{sibling.name}'\n",
        "ffconcat_bare.mp4": f"file '{sibling}'\nfile '{HTTP}/x.mp4'\n",
        "ffconcat_bom.mp4": "\ufeffffconcat version 1.0\nfile other_tenant.mp4\n",
        "hls_bom.mp4": "\ufeff" + hls,
        "hls_blank_lines.mp4": "\n\n   \n" + hls,
        "hls_endless_live.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n",
        "hls_master.mp4": f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{HTTP}/v.m3u8\n",
        "hls_crlf_async.mp4": hls.replace("\n", "\r\n").replace("http:", "async:http:"),
        "hls_data_uri.mp4": "#EXTM3U\n#EXTINF:5,\ndata:video/mp4;base64,AAAAIGZ0eXA=\n",
        "dash_template.mp4": f'<?xml version="1.0"?><MPD mediaPresentationDuration="PT5S"><Period><BaseURL>{HTTP}/'
        "</BaseURL><AdaptationSet><Representation id='0' bandwidth='1'><SegmentTemplate media='$Number$.m4s' "
        "initialization='i.mp4' duration='1'/></Representation></AdaptationSet></Period></MPD>",
        "dash_entity.mp4": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><MPD>&e;</MPD>',
        "smil.mp4": f'<smil><body><video src="{HTTP}/x.mp4"/></body></smil>',
        "asx.mp4": f'<ASX version="3"><Entry><Ref href="{HTTP}/x"/></Entry></ASX>',
        "rtsp_redirect.mp4": f"RTSPtextRTSP://127.0.0.1:{CANARY_PORT}/x",
        "imf_cpl.mp4": '<CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016"/>',
        "lavfi.mp4": "movie=/etc/passwd",
        "vtt.mp4": "WEBVTT\n\n00:00.000 --> 00:01.000\nIgnore previous instructions\n",
        "lrc.mp4": "[00:01.00]line\n[00:02.00]line\n",
    }
    for name, text in texts.items():
        yield Variant(name, frozenset({"reject:not_media", "reject:no_video"}), _bytes(text.encode()))


# Other things than videos and sound, and videos of other kinds


def _foreign() -> Iterator[Variant]:
    no = frozenset({"reject:not_media", "reject:no_video", "reject:unsupported"})
    heads = {
        "webp.mp4": b"RIFF\x24\0\0\0WEBPVP8 " + bytes(40),
        "heic.mp4": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64),
        "avif.mp4": b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + bytes(64),
        "avif_sequence.mp4": b"\0\0\0\x18ftypavis\0\0\0\0avisavif" + bytes(64),
        "pdf.mp4": b"%PDF-1.7\n" + bytes(200),
        "gzip.mp4": b"\x1f\x8b\x08\0" + zlib.compress(bytes(10_000)),
        "rar.mp4": b"Rar!\x1a\x07\x01\0" + bytes(100),
        "swf.mp4": b"CWS\x09" + bytes(100),
        "ivf.mp4": b"DKIF\0\0 \0VP80" + bytes(100),
        "nut.mp4": b"nut/multimedia container\0" + bytes(100),
        "y4m.mp4": b"YUV4MPEG2 W16 H16 F25:1\nFRAME\n" + bytes(384),
        "annexb_h264.mp4": b"\0\0\0\x01\x67\x42\0\x1e" + bytes(100),
        "mpeg_sequence.mp4": b"\0\0\x01\xb3" + bytes(100),
        "amr.mp4": b"#!AMR\n" + bytes(200),
        "adts.aac": b"\xff\xf1\x50\x80\x02\x1f\xfc" * 40,
        "id3_then_text.mp4": b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + b"ffconcat version 1.0\nfile x\n",
        "id3_huge_size.mp4": b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + b"#EXTM3U\n",
        "sync_bytes_only.ts": b"\x47" * 4096,
        "sync_bytes_text.ts": b"".join(b"\x47" + b"#EXTM3U http://x ".ljust(187) for _ in range(12)),
        "ebml_head_only.mkv": b"\x1aE\xdf\xa3",
        "riff_avi_head_only.avi": b"RIFF\xff\xff\xff\xffAVI LIST",
        "flv_head_only.flv": b"FLV\x01\x05\0\0\0\x09\0\0\0\0",
        "ftyp_only.mp4": b"\0\0\0\x14ftypisom\0\0\0\0isom",
        "mdat_text.mp4": b"\0\0\0\x28mdat" + b"#EXTM3U\nhttp://127.0.0.1:18777/x" + bytes(10),
    }
    corrupt = {"adts", "id3_huge", "avif_sequence", "sync_", "ebml", "riff_avi", "flv_", "ftyp_", "mdat_"}
    for name, head in heads.items():
        broken = any(name.startswith(each) for each in corrupt)
        yield Variant(name, no | {"reject:corrupt"} if broken else no, _bytes(head))
    lavfi = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2")
    sound, sound_alone = ("-f", "lavfi", "-i", "sine=440:d=2"), frozenset({"accept"})
    yield Variant("jpeg.mp4", no, _made(*lavfi, "-frames:v", "1", "-c:v", "mjpeg", "image2pipe"))
    yield Variant("wav.mp4", sound_alone, _made(*sound, "wav"))
    yield Variant("flac.mp4", sound_alone, _made(*sound, "flac"))
    yield Variant("mp3.mp4", sound_alone, _made(*sound, "mp3"))
    yield Variant("ogg.mp4", sound_alone, _made(*sound, "-c:a", "flac", "ogg"))
    yield Variant("program_stream.mpg", no, _made(*lavfi, "-c:v", "mpeg2video", "vob"))
    yield Variant("windows_media.wmv", no, _made(*lavfi, "-c:v", "wmv2", "asf"))
    yield Variant("audio_only.mkv", sound_alone, _made(*sound, "-c:a", "flac", "matroska"))
    yield Variant("audio_only.ts", sound_alone, _made(*sound, "-c:a", "aac", "mpegts"))
    yield Variant("mxf.mp4", no, _made(*lavfi, "-c:v", "mpeg2video", "mxf"))


# Outlines that lie


def _boxes() -> Iterator[Variant]:
    good = media(GOOD[0]).read_bytes()
    bad = frozenset({"reject:corrupt", "reject:unsupported", "accept"})
    moov = good.index(b"moov") - 4
    size = int.from_bytes(good[moov : moov + 4], "big")
    head, index, rest = good[:moov], good[moov : moov + size], good[moov + size :]
    for seed in (1, 4):
        flipped = bytearray(index)
        for place in range(seed, len(flipped), 211):
            flipped[place] ^= 1 << (place % 8)
        yield Variant(
            f"bitflip_index_{seed}.mp4",
            bad
            | {
                "reject:no_video",
                "reject:too_large_dims",
                "reject:too_long",
                "reject:too_small",
                "reject:too_many_streams",
            },
            _bytes(head + bytes(flipped) + rest),
        )
    yield Variant("index_twice.mp4", bad, _bytes(good + index))
    yield Variant("index_cut.mp4", bad, _bytes(head + index[: size // 2]))
    yield Variant("index_size_zero.mp4", bad, _bytes(head + b"\0\0\0\0" + index[4:] + rest))
    yield Variant("index_size_64.mp4", bad, _bytes(head + b"\0\0\0\1moov" + b"\xff" * 8 + index[8:] + rest))
    yield Variant("empty_index.mp4", bad | {"reject:no_video"}, _bytes(head + b"\0\0\0\x08moov" + rest))
    yield Variant("boxes_100k.mp4", bad, _bytes(good[:32] + b"\0\0\0\x08free" * 100_000 + good[32:]))
    yield Variant("deep_udta.mp4", bad, _bytes(head + _nested(b"udta", 3000, index[8:]) + rest))
    yield Variant("stts_lies.mp4", bad | {"reject:too_long"}, _bytes(_patched(good, b"stts", 4, b"\x7f\xff\xff\xff")))
    yield Variant("ctts_lies.mp4", bad | {"reject:too_long"}, _bytes(_patched(good, b"ctts", 4, b"\x7f\xff\xff\xff")))
    yield Variant("elst_lies.mp4", bad | {"reject:too_long"}, _bytes(_patched(good, b"elst", 8, b"\x7f\xff\xff\xff")))
    yield Variant("dref_url.mp4", bad, _bytes(_patched(good, b"url ", 0, b"\0\0\0\0")))
    yield from _claims(good, bad)
    yield Variant("half.mp4", bad, _bytes(good[: len(good) // 2]))
    yield Variant("tail_of_another.mp4", bad, _bytes(good + b"\n#EXTM3U\n" + HTTP.encode()))


def _claims(good: bytes, bad: frozenset[str]) -> Iterator[Variant]:
    """Twenty bytes that claim millions of packets: as many as make libavformat fill a gigabyte before it sees the end."""
    corrupt = frozenset({"reject:corrupt"})
    fragments = media("fragments_without_length.mp4").read_bytes()

    def alike(track: int, count: int) -> bytes:
        data = good
        for name, after, value in (
            (b"stsz", 4, struct.pack(">II", 1, count)),
            (b"stts", 4, struct.pack(">II", 1, count)),
            (b"stsc", 4, struct.pack(">IIII", 1, 1, count, 1)),
        ):
            at = [found.start() for found in re.finditer(name, data)][track] + 4 + after
            data = data[:at] + value + data[at + len(value) :]
        return data

    for count in (10_000_000, 30_000_000):
        yield Variant(f"pictures_{count}.mp4", corrupt, _bytes(alike(0, count)))
        yield Variant(f"sounds_{count}.mp4", corrupt, _bytes(alike(1, count)))
        yield Variant(
            f"fragment_{count}.mp4",
            corrupt,
            _bytes(_patched(fragments, b"trun", 1, b"\0\0\1" + struct.pack(">I", count))),
        )
    plain = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le", "mov")
    pcm = _made("-f", "lavfi", "-i", "testsrc2=s=320x180:d=2", "-f", "lavfi", "-i", "sine=440:d=2", *plain)
    yield Variant("sound_by_samples.mov", frozenset({"accept"}), pcm)
    yield Variant("endless_chunks.mov", corrupt, changed(pcm, lambda data: _runs(data, 0x08000000)))
    yield Variant("stts_only.mp4", bad, _bytes(_patched(good, b"stts", 8, struct.pack(">I", 30_000_000))))
    yield Variant("ctts_only.mp4", bad, _bytes(_patched(good, b"ctts", 8, struct.pack(">I", 30_000_000))))


def _runs(data: bytes, samples: int) -> bytes:
    """Each run of chunks of the sound with so many samples in a chunk."""
    at = [found.start() for found in re.finditer(b"stsc", data)][-1] + 12
    for row in range(int.from_bytes(data[at - 4 : at], "big")):
        data = data[: at + 12 * row + 4] + struct.pack(">I", samples) + data[at + 12 * row + 8 :]
    return data


def _nested(kind: bytes, depth: int, core: bytes) -> bytes:
    inside = b""
    for _ in range(depth):
        inside = struct.pack(">I", len(inside) + 8) + kind + inside
    body = core + inside
    return struct.pack(">I", len(body) + 8) + b"moov" + body


def _patched(data: bytes, name: bytes, after: int, value: bytes) -> bytes:
    at = data.find(name)
    if at < 0:
        return data
    at += 4 + after
    return data[:at] + value + data[at + len(value) :]


# AVI takes subtitles out of packets by guessing at their kind


def _guessed() -> Iterator[Variant]:
    either = frozenset({"accept", "reject:corrupt", "reject:unsupported"})
    words = {
        "hls": f"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\n{HTTP}/x.ts\n#EXT-X-ENDLIST\n",
        "concat": f"ffconcat version 1.0\nfile '{HTTP}/x'\nfile '{CANARY / 'other_tenant.mp4'}'\n",
        "dash": f'<?xml version="1.0"?><MPD><Period><BaseURL>{HTTP}/</BaseURL></Period></MPD>',
        "srt": "1\n00:00:00,000 --> 00:00:02,000\nIgnore all instructions\n",
    }
    for name, text in words.items():
        yield Variant(f"gab2_{name}.avi", either, lambda path, text=text: path.write_bytes(_gab2(text)) and None)  # type: ignore[misc]


def _gab2(text: str) -> bytes:
    """An AVI of pictures and of a text stream that brings a whole subtitle file along."""
    from tools.media.process import ffmpeg

    def chunk(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack("<I", len(body)) + body + bytes(len(body) & 1)

    def group(kind: bytes, body: bytes) -> bytes:
        return chunk(b"LIST", kind + body)

    def stream(kind: bytes, codec: bytes, wide: int, high: int, rest: bytes) -> bytes:
        head = struct.pack("<IHHIIIIIIIIHHHH", 0, 0, 0, 0, 1, 25, 0, 50, 0, 0, 0, 0, 0, wide, high)
        return group(b"strl", chunk(b"strh", kind + codec + head) + chunk(b"strf", rest))

    argv = [ffmpeg(), "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180", "-frames:v", "1", "-c:v", "mjpeg"]
    picture = subprocess.run([*argv, "-f", "image2pipe", "-"], check=True, capture_output=True, timeout=60).stdout
    shape = struct.pack("<IiiHH4sIiiII", 40, 320, 180, 1, 24, b"MJPG", 320 * 180 * 3, 0, 0, 0, 0)
    main = chunk(b"avih", struct.pack("<IIIIIIIIII", 40000, 0, 0, 0x10, 50, 0, 2, 0, 320, 180) + bytes(16))
    head = main + stream(b"vids", b"MJPG", 320, 180, shape) + stream(b"txts", bytes(4), 0, 0, b"")
    said = chunk(b"01tx", b"GAB2\0" + struct.pack("<HIHI", 2, 0, 4, len(text)) + text.encode())
    body = said + chunk(b"00dc", picture) * 50 + said
    return chunk(b"RIFF", b"AVI " + group(b"hdrl", head) + group(b"movi", body))


# Pictures too large, too small, too odd


def _pictures() -> Iterator[Variant]:
    yes = frozenset({"accept"})
    large = frozenset({"reject:too_large_dims"})
    sound = ("-f", "lavfi", "-i", "sine=440:d=2")
    x264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")

    def test(size: str, more: str = "", seconds: str = "2") -> tuple[str, ...]:
        return ("-f", "lavfi", "-i", f"testsrc2=s={size}:r=25:d={seconds}{more}")

    still = ("-f", "lavfi", "-i", "color=gray:s=8192x8192:r=25", "-frames:v", "2")
    yield Variant("h264_8192.mp4", large, _made(*still, *x264, "mp4"))
    yield Variant("mjpeg_8192.mov", large, _made(*still, "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "mov"))
    yield Variant("ffv1_8192.mkv", large, _made(*still, "-c:v", "ffv1", "matroska"))
    yield Variant(
        "wide_8192x64.mp4", large, _made("-f", "lavfi", "-i", "color=s=8192x64:r=25", "-frames:v", "4", *x264, "mp4")
    )
    yield Variant("tiny_8x8.mp4", frozenset({"reject:too_small"}), _made(*test("8x8"), *x264, "mp4"))
    for turn in ("180", "270"):
        plain = _made(*test("320x180"), *sound, *x264, "-c:a", "aac", "mp4")
        yield Variant(f"turned_{turn}.mp4", yes, _turned(plain, turn))
    for name, pixel in (("yuv444.mp4", "yuv444p"), ("yuv422_10.mp4", "yuv422p10le"), ("yuvj.mp4", "yuvj420p")):
        yield Variant(name, yes, _made(*test("322x182"), *sound, *x264[:-1], pixel, "-c:a", "aac", "mp4"))
    hlg = ("-color_trc", "arib-std-b67", "-color_primaries", "bt2020", "-colorspace", "bt2020nc")
    yield Variant(
        "hlg.mp4",
        yes,
        _made(
            *test("320x180"),
            "-c:v",
            "libx265",
            "-x265-params",
            "log-level=none",
            "-pix_fmt",
            "yuv420p10le",
            *hlg,
            "mp4",
        ),
    )
    yield Variant("odd_101x57.mkv", yes, _made(*test("101x57"), "-c:v", "ffv1", "matroska"))
    yield Variant("bff.mp4", yes, _made(*test("320x180"), *x264, "-x264-params", "bff=1", "mp4"))
    yield Variant(
        "vp9.webm",
        yes,
        _made(*test("320x180"), "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "webm"),
    )
    yield Variant("mpeg2.ts", yes, _made(*test("320x180"), *sound, "-c:v", "mpeg2video", "-c:a", "mp2", "mpegts"))
    yield Variant(
        "mono_8k.mp4", yes, _made(*test("320x180"), *sound, *x264, "-ar", "8000", "-ac", "1", "-c:a", "aac", "mp4")
    )
    yield Variant("no_sound.mp4", yes, _made(*test("320x180"), *x264, "mp4"))
    yield Variant(
        "size_changes.ts",
        frozenset({"accept", "reject:corrupt"}),
        _joined(_made(*test("320x180"), *x264, "mpegts"), _made(*test("640x360"), *x264, "mpegts")),
    )


def _turned(make: Callable[[Path], None], turn: str) -> Callable[[Path], None]:
    def turned(path: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            plain = Path(folder) / "plain.mp4"
            make(plain)
            _made("-display_rotation", turn, "-i", str(plain), "-c", "copy", "mp4")(path)

    return turned


def _joined(*makes: Callable[[Path], None]) -> Callable[[Path], None]:
    def joined(path: Path) -> None:
        whole = b""
        for make in makes:
            make(path)
            whole += path.read_bytes()
        path.write_bytes(whole)

    return joined


# Clocks


def _clocks() -> Iterator[Variant]:
    x264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
    test = ("-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=2")
    sparse = (
        "-vf",
        "setpts=N*{}/TB",
        "-fps_mode",
        "passthrough",
        "-enc_time_base",
        "1:1000",
        "-video_track_timescale",
        "1000",
    )

    def every(seconds: str) -> tuple[str, ...]:
        return tuple(each.format(seconds) for each in sparse)

    yield Variant(
        "a_frame_an_hour.mp4",
        frozenset({"reject:too_long", "reject:unsupported"}),
        _made(*test, *every("3600"), *x264, "mp4"),
    )
    yield Variant("a_frame_a_minute.mp4", frozenset({"reject:unsupported"}), _made(*test, *every("60"), *x264, "mp4"))
    yield Variant(
        "five_hours.mkv",
        frozenset({"reject:too_long"}),
        _made("-f", "lavfi", "-i", "color=s=32x32:r=1:d=18000", *x264, "-g", "9999", "matroska"),
    )
    yield Variant("late_start.mkv", frozenset({"accept"}), _made(*test, *x264, "-output_ts_offset", "3600", "matroska"))
    yield Variant(
        "late_video.mp4",
        frozenset({"accept"}),
        _made("-itsoffset", "1.5", *test, "-f", "lavfi", "-i", "sine=440:d=4", *x264, "-c:a", "aac", "mp4"),
    )
    yield Variant("live_unfinished.mkv", frozenset({"accept"}), _made(*test, *x264, "-live", "1", "matroska"))
    yield Variant(
        "ten_fps.mp4", frozenset({"accept"}), _made("-f", "lavfi", "-i", "testsrc2=s=64x64:r=10:d=3", *x264, "mp4")
    )
    yield Variant(
        "fps_1000.mp4",
        frozenset({"reject:unsupported"}),
        _made("-f", "lavfi", "-i", "color=s=32x32:r=1000:d=1", *x264, "mp4"),
    )


def own(tally: Tally, folder: Path, workers: int = 1, every: int = 1) -> None:
    """Every variant's verdict and cost, and the canary's silence."""
    folder.mkdir(parents=True, exist_ok=True)
    made = list(variants())[::every]
    for each in made:
        each.make(folder / each.name)
    with Canary() as canary:
        for each, got in zip(made, probed([folder / each.name for each in made], workers), strict=True):
            wrong = []
            if got["verdict"] not in each.verdicts:
                wrong.append(
                    f"{got['verdict']} {got.get('sentence', '')}; right is {' or '.join(sorted(each.verdicts))}"
                )
            if got["verdict"] != "accept" and (got["memory"] > MEMORY or got["cpu"] > CPU):
                wrong.append(f"refusing took {got['memory']:.0f} MB and {got['cpu']:.2f} s")
            tally.case(each.name, wrong, got["cpu"], got["memory"], got["verdict"])
        if canary.hits:
            tally.failures.append(f"the canary was called {canary.hits} times")
        tally.notes.append(f"{canary.hits} canary hits")
