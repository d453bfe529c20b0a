"""Covers: what is lettered, how legibly, and what is kept free."""

from __future__ import annotations

import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from langchain_core.tools import ToolException

from agent.steps.recorded import Plain
from tests.agent.test_loop import Heard, Unseeing
from tools.cover import Bare, _bare, _shared, fitting, keys, make, view
from tools.covers import composition, lettering
from tools.covers.candidates import Scored, rank, shut, spoken
from tools.covers.previews import shown_as
from tools.local.extract import Extractive
from tools.media import facts, process
from tools.media.facts import probe
from tools.media.process import ffmpeg, run
from tools.picture import framing
from tools.picture.looking import observe
from tools.ports import Bench, Engines
from tools.schema import (
    SIZES,
    Brief,
    Clip,
    Covers,
    CutList,
    Face,
    Frame,
    Observation,
    Sentence,
    Source,
    Transcript,
    Word,
)
from tools.text import GLANCE
from tools.workspace import Workspace

WIDE = Source(
    name="v", sha256="0", bytes=1, container="mp4", duration=60, width=1920, height=1080, rate="25/1", video_index=0
)


def picture(luma: int, shape: str = "16x9") -> np.ndarray:
    width, height = SIZES[shape]  # type: ignore[index]
    return np.full((height, width, 3), luma, np.uint8)


@pytest.mark.parametrize(
    ("hook", "part"),
    [
        (
            "We kept three plans out of twelve, and churn fell from six percent to two.",
            "We kept three plans out of twelve",
        ),
        ("After a year of trying everything we knew: one price is a promise.", "one price is a promise"),
        ("A price is a promise. And everyone we asked on the phone had forgotten theirs.", "A price is a promise"),
    ],
)
def test_a_long_hook_gives_a_clause_that_stands_in_it(hook: str, part: str) -> None:
    assert part in list(lettering.clauses(hook))
    assert all(each in hook for each in lettering.clauses(hook))
    assert all(len(each.split()) <= GLANCE for each in lettering.clauses(hook))


@pytest.mark.parametrize(
    "hook",
    [
        "I don't think that this is true, prices are far too high today.",
        "Some people say one thing again and again, the earth is flat.",
        "Nobody could read the price page, everyone left in the first week.",
        "It might work for you one day, churn fell to zero.",
        "we went on and on and on and on without a single stop anywhere at all",
        "There were 1,200 of them and each one of them cost us money that year",
    ],
)
def test_no_part_is_taken_of_what_denies_doubts_or_reports(hook: str) -> None:
    assert list(lettering.clauses(hook)) == []


@pytest.mark.parametrize("shape", sorted(SIZES))
@pytest.mark.parametrize("luma", [0, 128, 255])
def test_letters_can_be_read_on_any_ground(shape: str, luma: int) -> None:
    drawn = lettering.letter(picture(luma, shape), "A price is a promise", shape, [])  # type: ignore[arg-type]
    assert drawn is not None
    assert drawn.contrast >= 4.5
    left, top, right, bottom = (int(each) for each in drawn.box)
    assert drawn.image[top:bottom, left:right].max() == 255


def test_letters_keep_off_a_face() -> None:
    face = (600, 200, 1300, 900)
    drawn = lettering.letter(picture(120), "A price is a promise", "16x9", [face])
    assert drawn is not None
    left, top, right, bottom = drawn.box
    assert right <= face[0] or left >= face[2] or bottom <= face[1] or top >= face[3]


def test_lines_are_as_even_as_can_be() -> None:
    three = list(lettering.arrangements("We make invoicing software for small shops"))[2]
    assert three == ["We make invoicing", "software for", "small shops"]


def test_what_the_font_can_not_draw_is_not_lettered() -> None:
    assert lettering.letter(picture(0), "\U00013000 is a promise", "16x9", []) is None


@pytest.mark.parametrize("hook", ["价格就是承诺，不是数字", "السعر وعد", "מחיר הוא הבטחה", "約束は守る"])
def test_a_hook_in_another_script_is_lettered_within_the_safe_area(hook: str) -> None:
    drawn = lettering.letter(picture(0, "9x16"), hook, "9x16", [])
    assert drawn is not None
    rows, columns = np.nonzero(drawn.image.max(axis=2) > 200)
    left, top, right, bottom = lettering.SAFE["9x16"]
    assert left <= columns.min() <= columns.max() <= right
    assert top <= rows.min() <= rows.max() <= bottom


def test_a_cover_is_under_two_megabytes() -> None:
    noise = np.random.default_rng(3).integers(0, 255, (720, 1280, 3), np.uint8)
    assert len(composition.small_enough(noise)) < 2_000_000


def still(at: float, **more: object) -> Frame:
    told: dict[str, object] = {
        "sharpness": 300.0,
        "exposure": 120.0,
        "contrast": 50.0,
        "phash": f"{round(at * 977):016x}",
    }
    return Frame(at=at, shot="V1", file=f"frames/{at}.jpg", **{**told, **more})  # type: ignore[arg-type]


CUT = CutList(
    id="P1", target=10, length=10, rate="25/1",
    clips=(
        Clip(label="A", ids=("S9",), role="payoff", reason="x", start=50, end=55, first_frame=1250, frames=125),
        Clip(label="B", ids=("S1",), role="hook", reason="x", start=10, end=15, first_frame=250, frames=125),
    ),
)  # fmt: skip


@pytest.mark.parametrize("gate", ["black", "white", "flat", "blur", "dissolve", "unsafe", "closed eyes"])
def test_a_still_with_a_fault_is_no_cover_where_another_has_none(gate: str) -> None:
    bad = still(12.0, gates=(gate,), faces=(Face(x=0.4, y=0.2, w=0.2, h=0.35, score=1.0, eyes_open=1.0, smile=1.0),))
    ranked = rank(WIDE, [bad, still(52.0, exposure=60.0, sharpness=100.0)], CUT, "16x9")
    assert [each.frame.at for each in ranked] == [52.0, 12.0]
    assert ranked[1].reason == gate


def test_of_two_alike_the_still_near_the_hook_is_the_cover() -> None:
    assert rank(WIDE, [still(52.0), still(12.0)], CUT, "16x9")[0].frame.at == 12.0


def test_writing_under_the_letters_counts_against_a_still() -> None:
    written = still(12.0, text=("a", "b"), text_boxes=((0.1, 0.4, 0.8, 0.2), (0.1, 0.7, 0.8, 0.1)))
    assert rank(WIDE, [written, still(12.4)], CUT, "16x9")[0].frame.at == 12.4


def test_a_person_who_fills_the_shape_is_the_cover_before_a_chart_that_is_sharper_and_nearer() -> None:
    person = still(52.0, sharpness=40.0, faces=(Face(x=0.4, y=0.2, w=0.15, h=0.3, score=0.9),)).model_copy(
        update={"shot": "V2"}
    )
    chart = still(12.0, sharpness=900.0)
    for shape in SIZES:
        assert rank(WIDE, [chart, person], CUT, shape)[0].frame.at == 52.0


def test_a_crowd_over_which_the_eye_wanders_is_no_cover_beside_one_clear_thing() -> None:
    one = (0.0,) * 5 + (0.2,) * 5 + (0.0,) * 6
    small = Face(x=0.4, y=0.6, w=0.05, h=0.1, score=0.9)
    crowd = still(12.0, columns=(1 / 16,) * 16, faces=(small,) * 3)
    assert rank(WIDE, [crowd, still(12.4, columns=one)], CUT, "16x9")[0].frame.at == 12.4


def test_a_cover_shows_no_bars_that_are_burned_in() -> None:
    barred = still(12.0, picture=(0.0, 0.12, 1.0, 0.76))
    for shape in SIZES:
        top, tall = rank(WIDE, [barred], CUT, shape)[0].framing.box[1::2]
        assert top >= 0.12 - 1e-6
        assert top + tall <= 0.88 + 1e-6


def drawn(luma: int, shape: str = "1x1") -> np.ndarray:
    """A ground of bright shapes in every part."""
    image = picture(luma, shape)
    for y in range(0, image.shape[0], 90):
        for x in range(0, image.shape[1], 90):
            cv2.circle(image, (x, y), 34, (250, 250, 250), -1)
    return image


def test_over_bright_shapes_words_stand_on_a_plate_and_elsewhere_on_a_shade() -> None:
    for image, plated in ((drawn(110), True), (picture(235, "1x1"), False), (picture(110, "1x1"), False)):
        made = lettering.letter(image, "A price is a promise", "1x1", [])
        assert made is not None
        assert made.contrast >= 4.5
        left, top, right, bottom = (round(at) for at in made.box)
        ground = made.image[top - 8 : top, left:right].max(axis=2)
        assert (ground.max() < 90) == plated


def test_one_line_that_fits_every_shape_stands_on_all_of_them() -> None:
    wide = Bare(None, picture(120, "16x9"), [], [])
    face = (0.0, 0.0, 1080.0, 1200.0)
    tall = Bare(None, picture(120, "9x16"), [face], [])
    long, short = "Nobody understood what our incomprehensible pricing page meant", "We had nine plans"
    assert lettering.fits(wide.image, long, "16x9", [])
    assert not lettering.fits(tall.image, long, "9x16", [face])
    assert _shared([long, short], {"16x9": wide, "9x16": tall}) == [short, long]
    assert _shared([long], {"16x9": wide, "9x16": tall}) == [long]


@pytest.mark.parametrize("words", [["A price is a promise"], []], ids=["words", "no words"])
def test_where_words_fit_on_no_part_of_the_best_still_another_as_good_is_taken(
    tmp_path: Path, words: list[str]
) -> None:
    _, bench = covered(tmp_path, "testsrc2=s=320x180:r=20:d=12", heard("Well."))
    close = Face(x=0.0, y=0.0, w=1.0, h=1.0, score=0.9)
    frames = [still(5.0, faces=(close,), phash="f" * 16), still(6.0, phash="0" * 16)]
    scored = [Scored(each, framing.choose(WIDE, [each], "16x9"), 0.5, {}) for each in frames]
    chosen = _bare(bench, bench.workspace.source, "16x9", scored, words, 2).of
    assert chosen is scored[1 if words else 0]
    assert _bare(bench, bench.workspace.source, "16x9", scored, words, 0).of is scored[0]


def test_closed_eyes_are_a_fault_only_of_a_face_that_is_seen() -> None:
    def face(h: float, eyes: float) -> Face:
        return Face(x=0.4, y=0.2, w=0.1, h=h, score=0.9, eyes_open=eyes)

    gates = [
        frame.gates
        for frame in shut(
            [still(n, faces=(face(h, e),)) for n, (h, e) in enumerate([(0.3, 0.1), (0.3, 0.9), (0.05, 0.1)])]
        )
    ]
    assert gates == [("closed eyes",), (), ()]


@pytest.mark.parametrize("y", [0.02, 0.3, 0.6])
def test_a_face_is_within_what_a_profile_shows_of_a_tall_cover(y: float) -> None:
    frame = still(1.0, faces=(Face(x=0.45, y=y, w=0.12, h=0.3, score=0.9),))
    full = np.full((1080, 1920, 3), 90, np.uint8)
    image, boxes = composition.compose(full, frame, framing.choose(WIDE, [frame], "9x16"), WIDE, "9x16")
    assert image.shape == (1920, 1080, 3)
    assert composition.VISIBLE[0] <= boxes[0][1]
    assert boxes[0][3] <= composition.VISIBLE[1]


def test_letters_leave_free_what_draws_the_eye() -> None:
    image = np.full((1080, 1080, 3), 128, np.uint8)
    shapes = np.random.default_rng(1).integers(0, 255, (6, 8, 3), np.uint8)
    image[620:1000, 200:880] = cv2.resize(shapes, (680, 380), interpolation=cv2.INTER_CUBIC)
    drawn = lettering.letter(image, "A price is a promise", "1x1", [])
    assert drawn is not None
    assert drawn.box[3] <= 640, "the words stand above it"


@pytest.mark.parametrize(
    ("hook", "shown"),
    [
        ("the United States.", "The United States"),
        ("iPhones are phones.", "iPhones are phones"),
        ("Why?", "Why?"),
        ("And then...", "And then..."),
    ],
)
def test_a_hook_is_lettered_from_a_capital_and_without_a_full_stop(hook: str, shown: str) -> None:
    assert lettering.shown(hook) == shown


def test_a_tall_cover_of_two_people_is_of_the_one_who_speaks() -> None:
    def seen(at: float, speaking: bool | None) -> Frame:
        faces = (
            Face(x=0.1, y=0.2, w=0.14, h=0.3, score=0.9),
            Face(x=0.75, y=0.2, w=0.12, h=0.25, score=0.9, speaking=speaking),
        )
        return still(at, faces=faces)

    known = Observation(frames=(seen(10.0, True),))
    assert framing.choose(WIDE, [seen(11.0, None)], "9x16").mode == "split"
    laid = framing.choose(WIDE, [spoken(seen(11.0, None), known)], "9x16")
    assert laid.mode == "crop"
    assert laid.box[0] > 0.5


HOOKS = [
    "We had nine plans.",
    "Nobody left because of the price, they left because the bill was wrong",
    "The bill was wrong and it cost us half of our customers that very year",
    "Stop guessing what your customers pay.",
]


def test_the_strongest_hook_that_fits_is_lettered_not_the_shortest() -> None:
    order = lettering.strongest(HOOKS, [])
    assert order[0] == "Stop guessing what your customers pay"
    assert order[-1] == "We had nine plans"


def test_without_a_short_hook_the_promos_own_words_are_lettered_where_they_say_something() -> None:
    said = ["We went there.", "We lost half of them that year.", "You can reach me at me@example.com now."]
    assert lettering.strongest(HOOKS[1:2], said) == ["We lost half of them that year"]
    assert lettering.strongest(HOOKS[1:2], said[:1]) == []


def covered(folder: Path, picture: str, heard: Transcript, hook: str | None = None) -> tuple[Covers, Bench]:
    """Covers of the second of three clips of four seconds each; the picture is an ffmpeg source of twelve."""
    workspace = Workspace(folder)
    given = [ffmpeg(), "-v", "error", "-f", "lavfi", "-i", picture, "-c:v", "libx264", "-preset", "ultrafast"]
    run([*given, "-f", "mp4", "source.bin"], folder, wall=60)
    workspace.save("source.json", probe(workspace.video, "v"))
    workspace.save("transcript.json", heard)
    clip = Clip(label="A", ids=("S2",), role="hook", reason="x", start=4, end=8, first_frame=80, frames=80)
    workspace.save("plan-P1.json", CutList(id="P1", target=4, length=4, rate="20/1", clips=(clip,)))
    engines = Engines(transcriber=None, analyst=Unseeing(), copywriter=None, store=None)  # type: ignore[arg-type]
    bench = Bench(brief=Brief(run="r", video="v", shapes=("1x1",)), workspace=workspace, engines=engines, steps=Plain())
    observe(bench)
    return make(bench, "P1", hook), bench


def heard(text: str) -> Transcript:
    words = [(4.2 + 0.3 * n, each) for n, each in enumerate(text.split())]
    said = tuple(Word(start=at, end=at + 0.25, text=each) for at, each in words)
    return Transcript(
        sentences=(
            Sentence(id="S1", start=1, end=3, text="Hello."),
            Sentence(id="S2", start=4.2, end=7.5, text=text, words=said),
        )
    )


def test_a_cover_without_words_says_why_in_the_runs_warnings(tmp_path: Path) -> None:
    made, _ = covered(tmp_path, "testsrc2=s=320x180:r=20:d=12", heard("Well."))
    assert made.covers[0].hook is None
    assert made.warnings == (
        "The cover 1:1 has no words: no hook and no sentence of the promo says something in eight words.",
    )


def test_a_cover_that_is_asked_without_words_is_no_warning(tmp_path: Path) -> None:
    assert covered(tmp_path, "testsrc2=s=320x180:r=20:d=12", heard("Well."), "")[0].warnings == ()


def test_where_the_words_that_were_asked_for_do_not_fit_the_strongest_that_do_are_lettered(tmp_path: Path) -> None:
    long = "Incomprehensibilities unquestionably counterrevolutionaries misunderstandings"
    told = heard(f"{long} cost. We lost half of our customers.")
    made, bench = covered(tmp_path, "testsrc2=s=320x180:r=20:d=12", told)
    workspace = bench.workspace
    split = told.sentences[1].model_copy(update={"text": "We lost half of our customers."})
    workspace.save("transcript.json", told.model_copy(update={"sentences": (told.sentences[0], split)}))
    cut = workspace.plan("P1")
    clip = cut.clips[0].model_copy(update={"text": f"{long} cost. We lost half of our customers."})
    workspace.save("plan-P1.json", cut.model_copy(update={"clips": (clip,)}))
    chosen = make(bench, "P1", long).covers[0]
    assert chosen.hook == "We lost half of our customers"
    assert "no room for the" in chosen.reason


def test_where_the_promo_shows_nothing_the_cover_is_a_lettered_card_and_not_another_shot(tmp_path: Path) -> None:
    black = "testsrc2=s=320x180:r=20:d=12,drawbox=0:0:iw:ih:black:fill:enable='between(t,3.5,8.5)'"
    made, bench = covered(tmp_path, black, heard("We lost half of our customers."))
    chosen = made.covers[0]
    assert chosen.hook == "We lost half of our customers"
    assert made.warnings == ("The cover 1:1 is a plain card: no picture of the promo may be shown.",)
    image = cv2.imread(str(bench.workspace.folder / chosen.file))
    assert image[:200].std() < 40, "the coloured picture of the other shots is not on it"


def test_a_cover_shows_a_moment_of_the_promo(tmp_path: Path) -> None:
    made, _ = covered(tmp_path, "testsrc2=s=320x180:r=20:d=12", heard("We lost half of our customers."))
    assert all(4 <= each.at < 8 for each in made.covers)
    assert made.warnings == ()


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A run that has cut one clip of three scenes."""
    workspace = Workspace(tmp_path_factory.mktemp("cover"))
    scenes = ["testsrc2=s=320x180:r=25:d=2", "smptebars=s=320x180:r=25:d=2", "mandelbrot=s=320x180:r=25"]
    given = [part for scene in scenes for part in ("-f", "lavfi", "-t", "2", "-i", scene)]
    joined = [
        "-filter_complex",
        "[0][1][2]concat=n=3",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p",
    ]
    argv = [process.ffmpeg(), "-v", "error", *given, *joined, "-f", "mp4", str(workspace.video)]
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, timeout=60)
    workspace.save("source.json", facts.probe(workspace.video, "v.mp4"))
    asked = Brief(run="r", video="v.mp4", target=6.0, shapes=("16x9", "1x1"))
    bench = Bench(
        brief=asked, workspace=workspace, engines=Engines(Heard(), Unseeing(), Extractive(), None), steps=Plain()
    )
    seen = observe(bench)
    clip = Clip(
        label="A", ids=tuple(shot.id for shot in seen.shots), role="hook", reason="x", start=0, end=6, frames=150
    )
    workspace.save("plan-P1.json", CutList(id="P1", target=6, length=6, rate="25/1", clips=(clip,)))
    return bench


def test_a_still_that_was_offered_may_be_chosen_instead(desk):
    first = make(desk, "P1")
    offered = keys(first)
    lines = view(first).splitlines()
    assert lines[1].startswith("cover_16x9 of K1 ")
    assert any(line.startswith("  or K2 ") for line in lines), lines
    assert "(sharp " in lines[1]
    assert not any("(sharp " in line for line in lines if line.startswith("  or ")), "a runner-up's parts tell nothing"
    other = next(file for file, key in offered.items() if key == "K2")
    again = make(desk, "P1", choice="k2")
    assert [cover.still for cover in again.covers if cover.chosen and cover.shape == "16x9"] == [other]
    assert (desk.workspace.folder / shown_as("16x9")).stat().st_size < 200_000
    with pytest.raises(ToolException, match="'K99' is no still that was offered for P1; there are K1"):
        make(desk, "P1", choice="K99")


def test_words_that_do_not_fit_are_told_with_how_many_would() -> None:
    face = (0, 0, 1920, 1080)
    assert fitting(picture(128), "A price is a promise that we keep", "16x9", [face]) == 0
    assert fitting(picture(128), "A price is a promise that we keep", "16x9", []) == 7
