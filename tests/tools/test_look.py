"""Pictures that are not upright, square or SDR in the file come out upright, square and SDR."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest

from tools.media import facts, process
from tools.rendering import promo
from tools.schema import Clip, CutList, Framing, Piece
from tools.workspace import Workspace


def film(path: Path, *filters: str) -> Path:
    """Two seconds: red in the upper left quarter, blue elsewhere, and a white square in the middle."""
    drawn = "drawbox=0:0:iw/2:ih/2:red:fill,drawbox=(iw-40)/2:(ih-40)/2:40:40:white:fill"
    given = ["-f", "lavfi", "-i", "color=blue:s=320x180:r=25:d=2", "-f", "lavfi", "-i", "sine=440:d=2"]
    argv = [*given, "-vf", ",".join([drawn, *filters]), "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run([process.ffmpeg(), "-v", "error", "-y", *argv, str(path)], check=True, timeout=60)
    return path


def rendered(folder: Path, path: Path) -> tuple[np.ndarray, Workspace]:
    """The twentieth frame of a promo of 1.6 s, RGB; the whole frame is laid into 16:9 as large as it fits."""
    workspace = Workspace(folder / "run")
    shutil.copyfile(path, workspace.video)
    source = facts.probe(workspace.video, path.name)
    workspace.save("source.json", source)
    clip = Clip(label="A", ids=("V1",), role="hook", reason="x", start=0, end=1.6, first_frame=0, frames=40)
    cut = CutList(id="P1", target=1.6, length=1.6, rate="25/1", clips=(clip,))
    piece = Piece(clip="A", first_frame=0, frames=40, framing=Framing(mode="fit"))
    out = folder / "promo.mp4"
    promo.render(workspace, source, cut, {"16x9": (piece,)}, {}, {"16x9": out})
    with av.open(str(out)) as file:
        frames = list(file.decode(video=0))
        assert len(frames) == 40
        assert file.streams.video[0].sample_aspect_ratio in (None, 1)
    return frames[20].to_ndarray(format="rgb24"), workspace


def white(image: np.ndarray) -> tuple[int, int]:
    """Width and height of the white square."""
    rows, columns = np.nonzero((image > 200).all(axis=2))
    return int(columns.max() - columns.min()), int(rows.max() - rows.min())


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_picture_is_shown_upright(tmp_path: Path, turn: int) -> None:
    plain = film(tmp_path / "plain.mp4", {90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock"}[turn])
    turned = tmp_path / "turned.mp4"
    flag = ["-display_rotation", str(turn), "-i", str(plain), "-c", "copy", str(turned)]
    subprocess.run([process.ffmpeg(), "-v", "error", *flag], check=True, timeout=60)
    image, workspace = rendered(tmp_path, turned)
    assert (workspace.source.width, workspace.source.height) == (320, 180)
    red, blue = image[150, 200], image[900, 1700]
    assert red[0] > 150 > red[2], "red is in the upper left"
    assert blue[2] > 150 > blue[0]


@pytest.mark.parametrize("ratio", ["2/3", "4/3", "16/11"])
def test_pixels_that_are_not_square_are_made_so(tmp_path: Path, ratio: str) -> None:
    above, below = map(int, ratio.split("/"))
    image, workspace = rendered(tmp_path, film(tmp_path / "wide.mp4", f"setsar={ratio}"))
    source = workspace.source
    assert source.width / source.height == pytest.approx(320 / 180 * above / below, rel=0.02)
    wide, tall = white(image)
    assert wide / tall == pytest.approx(above / below, rel=0.05), "what is drawn is stretched as the file says"


@pytest.mark.parametrize("curve", ["smpte2084", "arib-std-b67"])
def test_hdr_is_brought_to_bt709(tmp_path: Path, curve: str) -> None:
    tags = f"setparams=color_primaries=bt2020:color_trc={curve}:colorspace=bt2020nc:range=tv"
    image, workspace = rendered(tmp_path, film(tmp_path / "hdr.mp4", tags))
    assert workspace.source.hdr
    with av.open(str(tmp_path / "promo.mp4")) as file:
        context = file.streams.video[0].codec_context
        assert (context.color_primaries, context.color_trc, context.colorspace) == (1, 1, 1)
        assert context.pix_fmt == "yuv420p"
    assert image.max() > 120, "it is not crushed to black"


@pytest.mark.parametrize("size", ["101x57", "64x36", "37x301"])
def test_odd_sizes_fill_the_shape(tmp_path: Path, size: str) -> None:
    path = tmp_path / "odd.mkv"
    given = ["-f", "lavfi", "-i", f"color=gray:s={size}:r=25:d=2", "-f", "lavfi", "-i", "sine=440:d=2"]
    coded = ["-c:v", "libx264", "-pix_fmt", "yuv444p", "-c:a", "aac", str(path)]
    subprocess.run([process.ffmpeg(), "-v", "error", *given, *coded], check=True, timeout=60)
    image, _ = rendered(tmp_path, path)
    assert image.shape == (1080, 1920, 3)
    assert image[540, 960].mean() == pytest.approx(127, abs=12)
