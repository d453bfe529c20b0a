"""A video read in parts gives what the whole gives, and what can't be read in parts is said to be so."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from agent.steps.durable import Lazy
from doors.upload.events import Verdict
from doors.upload.object import Object
from tests.fakes.buckets import account
from tests.tools.test_assemble import desk, film
from tools import assemble
from tools.aws.s3 import S3
from tools.files import holes
from tools.files.holes import Parts, Whole
from tools.files.ranges import merged, without
from tools.media import audio, facts, frames, levels, process
from tools.media.tables import begin
from tools.picture import coarse
from tools.troubles import Refusal
from tools.workspace import Workspace

pytestmark = pytest.mark.slow


class Given:
    """Bytes that are given out in ranges, and which were."""

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        self.asked: list[tuple[int, int]] = []

    def read(self, start: int, end: int) -> bytes:
        assert 0 <= start < end <= len(self.data)
        self.asked.append((start, end))
        return self.data[start:end]


def parts_of(path: Path, folder: Path) -> Parts:
    folder.mkdir(parents=True, exist_ok=True)
    thing = Given(path)
    return Parts(folder / "source.bin", len(thing.data), thing.read, "f" * 64)


class Partly(Workspace):
    """A run folder whose video is brought in parts."""

    def __init__(self, folder: Path, parts: Parts) -> None:
        super().__init__(folder)
        self._parts = parts

    @property
    def parts(self) -> Parts:
        return self._parts


LAYOUTS = {
    "index first": ["-movflags", "+faststart"],
    "index last": [],
    "sound in large chunks": ["-movflags", "+faststart", "-max_interleave_delta", "0"],
    "mov": ["-f", "mov"],
    "open groups of pictures": ["-x264-params", "open-gop=1:keyint=50:bframes=3", "-movflags", "+faststart"],
}


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Forty seconds that are hard to compress, as a camera's are, in every layout."""
    folder = tmp_path_factory.mktemp("long")
    made: dict[str, Path] = {}

    def encode(name: str, *more: str) -> Path:
        if name not in made:
            path = folder / f"{name}.mp4"
            picture = "testsrc2=s=480x270:r=25:d=40,noise=alls=30:allf=t,hue=H=floor(t/10)*2"
            given = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "aevalsrc=sin(t*(300+40*floor(t))*6):d=40"]
            coded = ["-c:v", "libx264", "-preset", "veryfast", "-g", "50", "-pix_fmt", "yuv420p", "-c:a", "aac"]
            argv = [process.ffmpeg(), "-v", "error", *given, *coded, *more, str(path)]
            subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, timeout=120)
            made[name] = path
        return made[name]

    def make(layout: str) -> Path:
        """The same packets in another layout, but where the layout is of the groups of pictures themselves."""
        if "-x264-params" in LAYOUTS[layout]:
            return encode("open", *LAYOUTS[layout])
        if layout not in made:
            path = folder / f"layout {len(made)}.mp4"
            copied = ["-i", str(encode("one")), "-c", "copy", *LAYOUTS[layout], str(path)]
            subprocess.run([process.ffmpeg(), "-v", "error", *copied], check=True, stdin=subprocess.DEVNULL, timeout=60)
            made[layout] = path
        return made[layout]

    return make


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_look_at_parts_tells_the_same_as_at_the_whole(
    long: Callable[[str], Path], tmp_path: Path, layout: str
) -> None:
    path = long(layout)
    parts = parts_of(path, tmp_path)
    begin(parts)
    one, other = facts.probe(parts.path, "a", parts.identity), facts.probe(path, "a")
    assert one.model_copy(update={"sha256": other.sha256}) == other
    assert one.sha256 == parts.identity
    assert parts.brought < 0.35 * parts.size


@pytest.mark.parametrize("layout", LAYOUTS)
def test_spans_and_stills_decode_to_the_bit(long: Callable[[str], Path], tmp_path: Path, layout: str) -> None:
    path = long(layout)
    parts = parts_of(path, tmp_path)
    begin(parts)
    source = facts.probe(path, "a")
    times = [3.0, 17.2, 39.0]
    parts.bring(stills=times)
    for (at, image), (also, whole) in zip(
        frames.keyframes(parts.path, source, times), frames.keyframes(path, source, times), strict=True
    ):
        assert at == also
        assert np.array_equal(image, whole)
    for start in (0.0, 12.96, 31.4):
        parts.bring([(start, start + 1.2)])
        for at in (start, start + 0.6, start + 1.2):
            assert np.array_equal(frames.grab(parts.path, source, at), frames.grab(path, source, at))
    assert sum(b - a for a, b in parts._here) < 0.75 * parts.size


def test_what_was_not_brought_is_not_there(long: Callable[[str], Path], tmp_path: Path) -> None:
    """The counterexample: without ``bring`` a frame is another one or none."""
    path = long("index first")
    parts = parts_of(path, tmp_path)
    begin(parts)
    source = facts.probe(path, "a")
    try:
        seen = frames.grab(parts.path, source, 31.4)
    except process.ProcessFailed:
        return
    assert not np.array_equal(seen, frames.grab(path, source, 31.4))


@pytest.mark.parametrize("rate", ["25", "30000/1001"])
def test_a_promo_of_parts_is_that_of_the_whole(tmp_path: Path, rate: str) -> None:
    video = film(tmp_path, Fraction(rate))
    bench, cut = desk(tmp_path / "whole", video, captions="bold")
    assemble.make(bench, cut.id)
    parts = parts_of(video, tmp_path / "parts")
    begin(parts)
    workspace = Partly(tmp_path / "parts", parts)
    workspace.save("source.json", bench.workspace.source)
    workspace.save(f"plan-{cut.id}.json", cut)
    for name in ("transcript.json", "observation.json"):
        if (bench.workspace.folder / name).exists():
            workspace.write(name, (bench.workspace.folder / name).read_bytes())
    from dataclasses import replace

    assemble.make(replace(bench, workspace=workspace), cut.id)
    one, other = (each.out / "promo_1x1.mp4" for each in (workspace, bench.workspace))
    assert decoded(one) == decoded(other)


def decoded(path: Path) -> list[bytes]:
    with av.open(str(path)) as file:
        pictures = [digest(frame) for frame in file.decode(video=0)]
    with av.open(str(path)) as file:
        return pictures + [digest(frame) for frame in file.decode(audio=0)]


def digest(frame: Any) -> bytes:
    return hashlib.sha256(frame.to_ndarray().tobytes()).digest()


def test_all_sound_is_brought_without_the_pictures_between(long: Callable[[str], Path], tmp_path: Path) -> None:
    path = long("index first")
    source = facts.probe(path, "a")
    parts = parts_of(path, tmp_path / "parts")
    begin(parts)
    workspace, whole = Partly(tmp_path / "parts", parts), Workspace(tmp_path / "whole")
    os.link(path, whole.video)
    for each in (workspace, whole):
        each.save("source.json", source)
    one, other = audio.extract(workspace), audio.extract(whole)
    assert one is not None
    assert other is not None
    assert one.read_bytes() == other.read_bytes()
    assert sum(b - a for a, b in parts._here) < 0.45 * parts.size


def test_levels_near_a_span_are_those_of_the_whole_and_neutral_elsewhere(
    long: Callable[[str], Path], tmp_path: Path
) -> None:

    path = long("index first")
    source = facts.probe(path, "a")
    parts = parts_of(path, tmp_path / "parts")
    begin(parts)
    workspace, whole = Partly(tmp_path / "parts", parts), Workspace(tmp_path / "whole")
    os.link(path, whole.video)
    for each in (workspace, whole):
        each.save("source.json", source)
    wav = audio.extract(whole)
    assert wav is not None
    heard, near = levels.read(wav), levels.near(workspace, [(20.0, 23.0)])
    assert np.abs(near[2010:2290] - heard[2010:2290]).max() < 1.5
    assert (near[:1900] == -40).all()
    assert (near[2500:] == -40).all()


def test_changes_of_picture_are_found_by_few_keyframes(tmp_path: Path) -> None:
    """A cut every ten seconds or so, at frames that are no multiple of anything."""
    cuts = [7.32, 19.04, 33.4, 52.0, 71.72]
    ends, begins = [*cuts, 90.0], [0.0, *cuts]
    graph = ";".join(
        f"color=c=0x{(n * 0x355A91 + 0x402060) & 0xFFFFFF:06x}:s=320x180:r=25:d={b - a:.2f},noise=alls=40:allf=0:all_seed={n + 9},noise=alls=2:allf=t[v{n}]"
        for n, (a, b) in enumerate(zip(begins, ends, strict=True))
    )
    graph += ";" + "".join(f"[v{n}]" for n in range(len(ends))) + f"concat=n={len(ends)}[v]"
    path = tmp_path / "cuts.mp4"
    argv = [process.ffmpeg(), "-v", "error", "-filter_complex", graph, "-map", "[v]", "-c:v", "libx264"]
    argv += ["-preset", "veryfast", "-g", "50", "-pix_fmt", "yuv420p", "-movflags", "+faststart", str(path)]
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, timeout=120)
    source = facts.probe(path, "a")
    parts = parts_of(path, tmp_path / "parts")
    begin(parts)
    found = coarse.shots(parts.path, source, parts, lambda share: None)
    assert [shot.start for shot in found][1:] == pytest.approx(cuts, abs=0.05)


# --- what is not taken in parts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("matroska", ["-f", "matroska"]),
        ("fragments", ["-f", "mp4", "-movflags", "frag_keyframe+empty_moov"]),
        ("ts", ["-f", "mpegts"]),
    ],
)
def test_what_has_no_tables_in_one_place_is_fetched_whole(
    long: Callable[[str], Path], tmp_path: Path, name: str, given: list[str]
) -> None:
    path = tmp_path / name
    argv = [process.ffmpeg(), "-v", "error", "-i", str(long("index first")), "-c", "copy", *given, str(path)]
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, timeout=60)
    with pytest.raises(Whole):
        begin(parts_of(path, tmp_path / "parts"))


def test_mutants_are_taken_whole_refused_or_give_frames_and_nothing_else(tmp_path: Path) -> None:
    """Seeded damage to the outline and the tables: no other error, and no byte asked for beyond the end."""
    path = tmp_path / "seed.mp4"
    given = ["-f", "lavfi", "-i", "testsrc2=s=64x64:r=10:d=3", "-f", "lavfi", "-i", "sine=d=3"]
    coded = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
    subprocess.run([process.ffmpeg(), "-v", "error", *given, *coded, str(path)], check=True, timeout=60)
    data = path.read_bytes()
    index = data.index(b"moov")
    spans = {kind: data.index(kind) for kind in (b"stco", b"stsc", b"stsz", b"stts", b"stss", b"moov", b"mdat")}
    dice = random.Random(8)
    ends = []
    for number in range(24):
        bad = bytearray(data)
        for _ in range(dice.randint(1, 4)):
            kind = dice.choice(sorted(spans))
            at = spans[kind] + dice.randint(-4, 20)
            bad[at : at + 4] = dice.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", dice.randbytes(4)])
        if dice.random() < 0.2:
            del bad[dice.randint(index, len(bad) - 1) :]
        mutant = tmp_path / f"{number}.mp4"
        mutant.write_bytes(bad)
        parts = parts_of(mutant, tmp_path / f"m{number}")
        try:
            begin(parts)
            source = facts.probe(parts.path, "m", parts.identity)
            parts.bring([(0.0, source.duration)], stills=[1.0])
            ends.append("parts")
        except Whole:
            ends.append("whole")
        except Refusal:
            ends.append("refused")
    assert ends.count("whole") + ends.count("refused") > 3
    assert set(ends) <= {"parts", "whole", "refused"}


# --- an upload ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def inbox() -> Iterator[Any]:
    import boto3

    with account():
        api = boto3.client("s3", region_name="us-east-1")
        api.create_bucket(Bucket="inbox")
        yield S3("inbox", api=api, pause=0.0)


def uploaded(inbox: S3, data: bytes, small: int = 0) -> Object:
    put = inbox.s3.put_object(Bucket="inbox", Key="talk.mp4", Body=data)
    etag = put["ETag"].strip('"')
    verdict = Verdict(verdict="run", code="", reason="", key="talk.mp4", etag=etag, size=len(data))
    return Object(inbox, verdict, small)


@pytest.mark.aws
def test_a_run_over_an_upload_reads_a_part_of_it_and_makes_a_promo(
    long: Callable[[str], Path], inbox: S3, tmp_path: Path
) -> None:
    from benchmarks.ranges import run

    path = long("index last")
    asked: list[str] = []
    inbox.s3.meta.events.register(
        "before-parameter-build.s3.GetObject", lambda params, **_: asked.append(params["Range"])
    )
    assert run(tmp_path, uploaded(inbox, path.read_bytes()), path, target=10, shape="square").startswith("done")
    assert asked
    assert all(each.startswith("bytes=") for each in asked)


@pytest.mark.aws
def test_an_upload_that_is_replaced_between_two_parts_is_refused(
    long: Callable[[str], Path], inbox: S3, tmp_path: Path
) -> None:
    upload = uploaded(inbox, long("index last").read_bytes())
    parts = upload.reach(tmp_path / "source.bin")
    assert parts is not None
    inbox.s3.put_object(Bucket="inbox", Key="talk.mp4", Body=long("index first").read_bytes())
    assert not upload.latest()
    with pytest.raises(Refusal, match="replaced"):
        parts.bring([(20.0, 24.0)])


@pytest.mark.aws
def test_an_upload_that_is_small_or_of_another_kind_is_fetched_whole(
    long: Callable[[str], Path], inbox: S3, tmp_path: Path
) -> None:
    data = long("index last").read_bytes()
    for bytes_, small in ((data, len(data)), (b"\x1aE\xdf\xa3" + bytes(600_000), 0)):
        upload = uploaded(inbox, bytes_, small)
        folder = Lazy(tmp_path / str(upload.size), upload.fetch, upload.reach)
        assert folder.parts is None
        assert folder.video.stat().st_size == upload.size
        assert not holes.holed(folder.video)


@pytest.mark.aws
def test_holes_left_by_an_earlier_process_are_not_taken_for_the_video(
    long: Callable[[str], Path], inbox: S3, tmp_path: Path
) -> None:
    upload = uploaded(inbox, long("index last").read_bytes())
    first = Lazy(tmp_path / "run", upload.fetch, upload.reach)
    assert first.parts is not None
    again = Lazy(tmp_path / "run", upload.fetch, lambda path: None)
    assert again.parts is None
    assert again.video.read_bytes() == long("index last").read_bytes()


def test_ranges_are_merged_and_subtracted() -> None:
    dice = random.Random(1)
    for _ in range(300):
        one = [(a, a + dice.randint(0, 9)) for a in (dice.randint(0, 60) for _ in range(6))]
        other = [(a, a + dice.randint(0, 9)) for a in (dice.randint(0, 60) for _ in range(6))]
        low, high = merged(one, 0), merged(other, 0)
        points = {p for a, b in one for p in range(a, b)} - {p for a, b in other for p in range(a, b)}
        left = without(low, high)
        assert {p for a, b in left for p in range(a, b)} == points
        assert left == sorted(left)


def test_ranges_are_fetched_once(long: Callable[[str], Path], tmp_path: Path) -> None:
    thing = Given(long("index first"))
    parts = Parts(tmp_path / "source.bin", len(thing.data), thing.read)
    begin(parts)
    parts.bring([(10.0, 12.0)])
    before = len(thing.asked)
    parts.bring([(10.2, 11.0)], stills=[])
    assert len(thing.asked) == before


def test_an_index_that_is_larger_than_an_index_can_be_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(b"\0\0\0\x14ftypisom\0\0\0\0isom" + (1 << 30).to_bytes(4, "big") + b"moov" + bytes(400_000))
    with pytest.raises(Whole, match="cut off"):
        begin(parts_of(path, tmp_path / "parts"))


def test_a_thousand_boxes_are_not_walked(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(b"\0\0\0\x14ftypisom\0\0\0\0isom" + b"".join(b"\0\0\x20\0free" + bytes(8184) for _ in range(200)))
    thing = Given(path)
    parts = Parts(tmp_path / "source.bin", len(thing.data), thing.read)
    with pytest.raises(Whole, match="one place"):
        begin(parts)
    assert len(thing.asked) <= holes.BOXES + 1


def test_an_unfinished_layout_is_told_from_a_whole_file(long: Callable[[str], Path], tmp_path: Path) -> None:
    parts = parts_of(long("index first"), tmp_path)
    begin(parts)
    assert holes.holed(parts.path)
    holes.forget(parts.path)
    assert not parts.path.exists()
    assert not holes.holed(parts.path)
