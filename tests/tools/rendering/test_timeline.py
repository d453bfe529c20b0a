"""The exported timelines, opened again, hold the cut frame for frame."""

from fractions import Fraction
from xml.etree import ElementTree

import opentimelineio as otio
import pytest

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


@pytest.mark.parametrize("rate", ["20/1", "45/2", "15000/1001"])
def test_a_rate_without_a_time_code_still_gives_every_timeline(rate, tmp_path):
    assert [path.name for path in export(cut(rate), SOURCE, tmp_path)] == list(NAMES)
    edl = otio.adapters.read_from_file(str(tmp_path / "cut.edl"), rate=60)
    seconds = [clip.source_range.duration.to_seconds() for clip in edl.tracks[0]]
    assert seconds == pytest.approx([n / float(Fraction(rate)) for n in (240, 90, 333)], abs=0.02)
