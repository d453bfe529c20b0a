"""A revision copies the clips that stayed as they were and encodes the others, exact to the frame either way."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from agent.revising.carried_over import Kept, seed
from tests.tools.test_assemble import desk, film, flashes
from tools import assemble
from tools.media import process
from tools.ports import Bench
from tools.rendering import measured, reuse
from tools.rendering.promo import laid
from tools.schema import CutList
from tools.workspace import Workspace

pytestmark = pytest.mark.slow

Made = tuple[Bench, CutList, Path]


@pytest.fixture(scope="module", params=["25", "30000/1001"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A promo of three clips, and its source in negative: what is encoded anew from that can be seen."""
    folder = tmp_path_factory.mktemp("kept")
    video = film(folder, Fraction(request.param))
    bench, cut = desk(folder / "run", video, captions="bold")
    assemble.make(bench, cut.id)
    other = folder / "negative.mp4"
    turned = ["-vf", "negate", "-c:v", "libx264", "-preset", "ultrafast", "-g", "60", "-c:a", "copy"]
    subprocess.run([process.ffmpeg(), "-v", "error", "-i", str(video), *turned, str(other)], check=True, timeout=120)
    return bench, cut, other


def revised(made: Made, folder: Path, cut: CutList, video: Path | None = None) -> tuple[Bench, Path]:
    """What a revision to ``cut`` makes; ``video`` lies in the place of the source."""
    bench, before, _ = made
    seed(bench.workspace.folder, folder, before, Kept(False, (), False, ()))
    if video:
        (folder / "source.bin").unlink()
        shutil.copyfile(video, folder / "source.bin")
    workspace = Workspace(folder)
    workspace.save("source.json", bench.workspace.source)
    workspace.save(f"plan-{cut.id}.json", cut)
    again = replace(bench, workspace=workspace)
    assemble.make(again, cut.id)
    return again, workspace.out / "promo_1x1.mp4"


def of(cut: CutList, *numbers: int) -> CutList:
    clips = tuple(cut.clips[n] for n in numbers)
    length = float(sum(clip.frames for clip in clips) / cut.fps)
    return cut.model_copy(update={"clips": clips, "length": length, "target": length})


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="gray") for frame in file.decode(video=0)]


def test_a_dropped_clip_leaves_the_others_as_they_were_to_the_bit(made: Made, tmp_path: Path) -> None:
    bench, cut, negative = made
    _, promo = revised(made, tmp_path / "again", of(cut, 0, 2), negative)
    old, new = pictures(bench.workspace.out / "promo_1x1.mp4"), pictures(promo)
    a, b = cut.clips[0].frames, cut.clips[0].frames + cut.clips[1].frames
    expected = [*old[:a], *old[b:]]
    assert len(new) == len(expected)
    assert all(np.array_equal(x, y) for x, y in zip(new, expected, strict=True))


def test_clips_in_another_order_are_copied_too(made: Made, tmp_path: Path) -> None:
    _, cut, negative = made
    _, promo = revised(made, tmp_path / "again", of(cut, 2, 0, 1), negative)
    assert np.mean([frame.mean() for frame in pictures(promo)]) < 100


def test_only_the_clip_that_changed_is_encoded(made: Made, tmp_path: Path) -> None:
    _, cut, negative = made
    longer = cut.clips[1].model_copy(update={"frames": cut.clips[1].frames + 3})
    other = of(cut.model_copy(update={"clips": (cut.clips[0], longer, cut.clips[2])}), 0, 1, 2)
    _, promo = revised(made, tmp_path / "again", other, negative)
    light = [frame.mean() for frame in pictures(promo)]
    a, b = cut.clips[0].frames, cut.clips[0].frames + longer.frames
    assert len(light) == b + cut.clips[2].frames
    assert np.median(light[:a]) < 100
    assert np.median(light[a:b]) > 150
    assert np.median(light[b:]) < 100
    told = measured.measure(promo)
    assert told.errors == 0
    assert told.constant_rate
    assert told.key_gap <= 2.05


def test_every_flash_is_where_the_plan_puts_it_in_what_is_laid_together(made: Made, tmp_path: Path) -> None:
    _, cut, _ = made
    shorter = cut.clips[0].model_copy(update={"first_frame": cut.clips[0].first_frame + 5, "frames": 40})
    other = of(cut.model_copy(update={"clips": (shorter, *cut.clips[1:])}), 2, 0, 1)
    _, promo = revised(made, tmp_path / "again", other)
    rate, done = cut.fps, 0
    expected = []
    for clip in other.clips:
        span = range(clip.first_frame, clip.first_frame + clip.frames)
        expected += [(done + n - clip.first_frame) / rate for n in span if n % round(rate) == round(rate) // 2]
        done += clip.frames
    seen = flashes(promo)
    assert len(seen) == len(expected)
    assert max(abs(a - float(b)) for a, b in zip(seen, expected, strict=True)) <= 0.5 / float(rate)


def test_a_revision_of_a_revision_finds_what_was_dropped_in_between(made: Made, tmp_path: Path) -> None:
    _, cut, negative = made
    second, _ = revised(made, tmp_path / "second", of(cut, 0, 2), negative)
    _, promo = revised((second, of(cut, 0, 2), negative), tmp_path / "third", of(cut, 0, 1, 2), negative)
    assert np.median([frame.mean() for frame in pictures(promo)]) < 100


def test_other_words_burned_in_are_another_clip(made: Made, tmp_path: Path) -> None:
    bench, cut, negative = made
    quiet = replace(bench, brief=bench.brief.model_copy(update={"captions": "none"}))
    _, promo = revised((quiet, cut, negative), tmp_path / "again", of(cut, 0, 2), negative)
    assert np.median([frame.mean() for frame in pictures(promo)]) > 150


def test_the_keys_of_a_clip_do_not_depend_on_where_it_stands(made: Made, tmp_path: Path) -> None:
    bench, cut, _ = made
    again, _ = revised(made, tmp_path / "again", of(cut, 2, 0))
    one, two = (each.workspace.load(reuse.LIST, reuse.Kept) for each in (bench, again))
    assert one
    assert two
    assert set(two.clips) == set(one.clips)


def test_packets_of_another_encoder_are_not_laid_behind_ours(made: Made, tmp_path: Path) -> None:
    bench, cut, _ = made
    promo = bench.workspace.out / "promo_1x1.mp4"
    other = tmp_path / "other.mp4"
    coded = ["-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "baseline", "-an"]
    subprocess.run([process.ffmpeg(), "-v", "error", "-i", str(promo), *coded, str(other)], check=True, timeout=120)
    rate, frames = cut.fps, cut.clips[0].frames
    assert not laid([(promo, 0, frames), (other, 0, frames)], rate, tmp_path / "joined.mp4")
    assert not laid([(promo, 1, 5)], rate, tmp_path / "joined.mp4"), "it does not begin with a key frame"
