"""The exported timelines, opened again, hold the cut frame for frame, by the numbers that the camera gave."""

import re
from fractions import Fraction
from pathlib import Path
from urllib.parse import unquote, urlparse
from xml.etree import ElementTree

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.media.facts import probe
from tools.media.process import ffmpeg, run
from tools.media.timecode import Counting
from tools.rendering.timeline import NAMES, export
from tools.schema import Clip, CutList, Source

SOURCE = Source(
    name="talk.mp4",
    sha256="0" * 64,
    bytes=1,
    container="mov",
    duration=120.0,
    width=1920,
    height=1080,
    rate="30000/1001",
    video_index=0,
    audio_index=1,
)


def cut(rate: str) -> CutList:
    fps = Fraction(rate)
    spans = [(300, 240), (0, 90), (1200, 333)]
    clips = tuple(
        Clip(
            label="ABC"[n],
            ids=(f"S{n + 1}",),
            role=role,
            reason=f"reason {n} <&>",
            start=float(first / fps),
            end=float((first + frames) / fps),
            first_frame=first,
            frames=frames,
        )
        for n, ((first, frames), role) in enumerate(zip(spans, ("hook", "proof", "close"), strict=True))
    )
    return CutList(
        id="P1", target=22, length=float(sum(f for _, f in spans) / fps), rate=rate, clips=clips, wish="about <pricing>"
    )


@pytest.mark.parametrize("rate", ["30000/1001", "25/1", "24000/1001", "60/1", "30/1"])
@pytest.mark.parametrize("name", NAMES[:3])
def test_every_clip_comes_back_with_its_frames(tmp_path, rate, name):
    made = cut(rate)
    export(made, SOURCE.model_copy(update={"rate": rate}), tmp_path)
    adapter = {"cut.otio": "otio_json", "cut.edl": "cmx_3600", "cut.fcp7.xml": "fcp_xml"}[name]
    options = {"rate": float(Fraction(rate))} if adapter == "cmx_3600" else {}
    timeline = otio.adapters.read_from_file(str(tmp_path / name), adapter_name=adapter, **options)
    timeline = timeline if isinstance(timeline, otio.schema.Timeline) else timeline[0]
    clips = [item for item in timeline.video_tracks()[0] if isinstance(item, otio.schema.Clip)]
    found = [(round(c.source_range.start_time.value), round(c.source_range.duration.value)) for c in clips]
    assert found == [(clip.first_frame, clip.frames) for clip in made.clips]


def _frames(text: str, rate: Fraction) -> int:
    frames = Fraction(text.removesuffix("s")) * rate
    assert frames.denominator == 1, f"{text} is no whole number of frames at {rate}"
    return frames.numerator


@pytest.mark.parametrize("rate", ["30000/1001", "25/1", "24000/1001", "60000/1001", "50/1", "20/1", "15000/1001"])
def test_an_fcpxml_comes_back_frame_for_frame_at_every_rate(tmp_path, rate):
    made, fps = cut(rate), Fraction(rate)
    export(made, SOURCE.model_copy(update={"rate": rate}), tmp_path)
    root = ElementTree.parse(tmp_path / "cut.fcpxml").getroot()
    assert Fraction(root.find("resources/format").get("frameDuration").removesuffix("s")) == 1 / fps
    asset = root.find("resources/asset")
    assert asset.find("media-rep").get("src") == "./talk.mp4"
    clips, done = root.findall(".//spine/asset-clip"), 0
    assert len(clips) == len(made.clips)
    for item, clip in zip(clips, made.clips, strict=True):
        assert item.get("ref") == asset.get("id")
        assert [_frames(item.get(name), fps) for name in ("offset", "start", "duration")] == [
            done,
            clip.first_frame,
            clip.frames,
        ]
        mark = item.find("marker")
        assert _frames(mark.get("start"), fps) == clip.first_frame
        assert mark.get("value") == f"{clip.role}: {clip.reason}"
        done += clip.frames
    assert _frames(root.find(".//sequence").get("duration"), fps) == done
    assert _frames(asset.get("duration"), fps) >= max(clip.first_frame + clip.frames for clip in made.clips)


@pytest.mark.parametrize("name", ["cut.otio", "cut.fcp7.xml"])
def test_every_clip_has_a_marker_that_carries_its_reason(tmp_path, name):
    made = cut("25/1")
    export(made, SOURCE.model_copy(update={"rate": "25/1"}), tmp_path)
    adapter = "otio_json" if name.endswith("otio") else "fcp_xml"
    timeline = otio.adapters.read_from_file(str(tmp_path / name), adapter_name=adapter)
    timeline = timeline if isinstance(timeline, otio.schema.Timeline) else timeline[0]
    marks = [mark for clip in timeline.video_tracks()[0] for mark in clip.markers]
    assert [mark.name for mark in marks] == [f"{clip.role}: {clip.reason}" for clip in made.clips]


def test_the_reasons_and_the_original_are_in_it(tmp_path):
    export(cut("25/1"), SOURCE, tmp_path)
    text = (tmp_path / "cut.otio").read_text()
    assert "reason 2" in text
    assert "talk.mp4" in text
    assert not list(tmp_path.glob(".part-*"))


@pytest.mark.parametrize(("rate", "coded"), [("20/1", 60), ("45/2", 60), ("15000/1001", 30000 / 1001)])
def test_a_rate_without_a_time_code_still_gives_every_timeline(rate, coded, tmp_path):
    assert [path.name for path in export(cut(rate), SOURCE, tmp_path)] == list(NAMES)
    edl = otio.adapters.read_from_file(str(tmp_path / "cut.edl"), rate=coded)
    seconds = [clip.source_range.duration.to_seconds() for clip in edl.tracks[0]]
    assert seconds == pytest.approx([n / float(Fraction(rate)) for n in (240, 90, 333)], abs=0.02)


CAMERAS = [
    # rate of the cut, the camera's code, its frames a second, that many frames from midnight at the cut's rate
    ("30/1", "14:09:42:05", 30, 1_529_465),
    ("30000/1001", "01:00:00;00", 30, 107_892),
    ("30000/1001", "01:00:00:00", 30, 108_000),
    ("60000/1001", "01:00:00;00", 60, 215_784),
    ("60/1", "10:00:00:15", 30, 2_160_030),
    ("24000/1001", "22:59:59:23", 24, 1_987_199),
    ("25/1", "10:00:00:00", 25, 900_000),
]


def filmed(rate, code, second):
    return SOURCE.model_copy(
        update={
            "rate": rate,
            "timecode": code,
            "timecode_second": second,
            "channels": 2,
            "name": "my talk #1 & 50% ü.mp4",
        }
    )


def opened(folder, name, rate):
    adapter = {"cut.otio": "otio_json", "cut.edl": "cmx_3600", "cut.fcp7.xml": "fcp_xml"}[name]
    options = {"rate": float(Fraction(rate))} if adapter == "cmx_3600" else {}
    timeline = otio.adapters.read_from_file(str(folder / name), adapter_name=adapter, **options)
    return timeline if isinstance(timeline, otio.schema.Timeline) else timeline[0]


def placed(track):
    """First frame in the source, frames, and first frame in the promo of each clip."""
    return [
        (
            round(clip.source_range.start_time.value),
            round(clip.source_range.duration.value),
            round(track.range_of_child(clip).start_time.value),
        )
        for clip in track
        if isinstance(clip, otio.schema.Clip)
    ]


@pytest.mark.parametrize(("rate", "code", "second", "begins"), CAMERAS)
@pytest.mark.parametrize("name", NAMES[:3])
def test_the_cameras_time_code_is_in_picture_and_sound(tmp_path, name, rate, code, second, begins):
    made = cut(rate)
    export(made, filmed(rate, code, second), tmp_path)
    timeline = opened(tmp_path, name, rate)
    expected = [(begins + c.first_frame, c.frames, at) for c, at in zip(made.clips, made.starts(), strict=True)]
    assert placed(timeline.video_tracks()[0]) == expected
    assert timeline.audio_tracks()
    for track in timeline.audio_tracks():
        assert placed(track) == expected


@pytest.mark.parametrize(("rate", "code", "second", "begins"), CAMERAS)
def test_the_cameras_time_code_is_that_of_the_file_in_xml(tmp_path, rate, code, second, begins):
    made, fps = cut(rate), Fraction(rate)
    export(made, filmed(rate, code, second), tmp_path)
    said = ElementTree.parse(tmp_path / "cut.fcp7.xml").find(".//file/timecode")
    assert said.findtext("frame") == str(begins)
    dropped = ";" in code and fps.denominator > 1
    assert said.findtext("displayformat") == ("DF" if dropped else "NDF")
    root = ElementTree.parse(tmp_path / "cut.fcpxml").getroot()
    assert _frames(root.find(".//asset").get("start"), fps) == begins
    clips = root.findall(".//spine/asset-clip")
    assert [_frames(c.get("start"), fps) for c in clips] == [begins + clip.first_frame for clip in made.clips]
    assert [_frames(c.find("marker").get("start"), fps) for c in clips] == [begins + c.first_frame for c in made.clips]
    assert {each.get("tcFormat") for each in [root.find(".//sequence"), *clips]} == {"DF" if dropped else "NDF"}


@pytest.mark.parametrize(("code", "said"), [("01:00:00;00", "FCM: DROP FRAME"), ("01:00:00:00", "FCM: NON-DROP FRAME")])
def test_an_edl_says_how_it_counts_and_marks_where_the_promo_plays(tmp_path, code, said):
    made = cut("30000/1001")
    export(made, filmed("30000/1001", code, 30), tmp_path)
    lines = (tmp_path / "cut.edl").read_text().splitlines()
    assert lines[1] == said
    events = [line.split() for line in lines if re.match(r"\d{3} ", line)]
    assert [e[0] for e in events] == [f"{n:03}" for n in range(1, 7)]
    assert [e[2] for e in events] == ["V", "AA"] * 3
    marks = [line.split()[2] for line in lines if line.startswith("* LOC:")]
    assert marks == [e[6] for e in events[::2]]
    # Each event is as long in the source as in the promo, and begins where the one before it ended.
    count = Counting(30, ";" in code)
    spans = [[count.frame(c) for c in e[4:8]] for e in events[::2]]
    assert [(b - a, d - c) for a, b, c, d in spans] == [(c.frames, c.frames) for c in made.clips]
    assert [s[2] for s in spans] == made.starts()


@pytest.mark.parametrize(("channels", "events", "tracks"), [(0, 0, 0), (1, 3, 1), (2, 3, 2), (6, 3, 6)])
def test_the_sound_has_events_and_a_track_for_each_channel(tmp_path, channels, events, tracks):
    source = filmed("25/1", "", 0).model_copy(update={"channels": channels, "audio_index": 1 if channels else None})
    export(cut("25/1"), source, tmp_path)
    assert len(re.findall(r"^\d{3}  AX       A", (tmp_path / "cut.edl").read_text(), re.MULTILINE)) == events
    root = ElementTree.parse(tmp_path / "cut.fcp7.xml").getroot()
    assert len(root.findall(".//audio/track")) == tracks


def test_picture_and_sound_are_linked_in_fcp7_xml(tmp_path):
    made = cut("25/1")
    export(made, filmed("25/1", "10:00:00:00", 25), tmp_path)
    root = ElementTree.parse(tmp_path / "cut.fcp7.xml").getroot()
    items = {item.get("id"): item for item in root.iter("clipitem")}
    assert len(items) == 9
    for item in items.values():
        others = [items[link.findtext("linkclipref")] for link in item.findall("link")]
        assert len(others) == 3
        assert item in others
        assert {tuple(o.findtext(k) for k in ("start", "end", "in", "out")) for o in others} == {
            tuple(item.findtext(k) for k in ("start", "end", "in", "out"))
        }
        assert [o.findtext("sourcetrack/mediatype") for o in others] == ["video", "audio", "audio"]
    assert [t.findtext("outputchannelindex") for t in root.findall(".//audio/track")] == ["1", "2"]


def links(folder):
    edl = re.findall(r"^\* FROM FILE: (.+)$", (folder / "cut.edl").read_text(), re.MULTILINE)
    xml = [ElementTree.parse(folder / name) for name in NAMES[2:]]
    timeline = otio.adapters.read_from_file(str(folder / "cut.otio"))
    clips = [clip.media_reference.target_url for track in timeline.tracks for clip in track]
    return {*edl, *clips, xml[0].findtext(".//pathurl"), xml[1].find(".//media-rep").get("src")}


def test_a_link_to_a_local_original_opens_it(tmp_path):
    path = tmp_path / "my talks #1" / "50% ü & more.mp4"
    path.parent.mkdir()
    path.write_bytes(b"x")
    export(cut("25/1"), filmed("25/1", "", 0), tmp_path, path.as_uri())
    (link,) = links(tmp_path)
    assert urlparse(link).scheme == "file"
    assert Path(unquote(urlparse(link).path)).read_bytes() == b"x"


def test_without_a_local_original_its_name_is_a_link_as_well(tmp_path):
    export(cut("25/1"), filmed("25/1", "", 0), tmp_path)
    name = "my%20talk%20%231%20%26%2050%25%20%C3%BC.mp4"
    assert links(tmp_path) == {name, f"./{name}"}


@given(
    st.integers(0, 24 * 86_400 - 1),
    st.sampled_from([Counting(30, True), Counting(60, True), Counting(25), Counting(24)]),
)
def test_a_number_and_its_frame_are_one(frame, count):
    rate = {30: 30000 / 1001, 60: 60000 / 1001}.get(count.second, count.second)
    code = count.code(frame)
    assert count.frame(code) == frame
    assert otio.opentime.RationalTime(frame, rate).to_timecode(rate, count.drop) == code


@pytest.mark.parametrize(
    ("rate", "code", "said"),
    [
        ("30", "14:09:42:05", ("14:09:42:05", 30)),
        ("30000/1001", "01:00:00;00", ("01:00:00;00", 30)),
        ("25", "", ("", 0)),
    ],
)
def test_a_cameras_time_code_is_read(tmp_path, rate, code, said):
    path = tmp_path / "camera.mov"
    picture = ["-f", "lavfi", "-i", f"testsrc2=s=64x64:r={rate}:d=1", *(["-timecode", code] if code else [])]
    run([ffmpeg(), "-v", "error", *picture, "-c:v", "libx264", "-preset", "ultrafast", path.name], tmp_path, wall=60)
    source = probe(path, path.name)
    assert (source.timecode, source.timecode_second) == said
