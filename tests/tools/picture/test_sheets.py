"""A finished promo is looked at: sheets of its clips and joins go to a model that sees, and another plan is made once at the most."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import cv2
import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import ToolException

from agent.deciding.stills_shown import shown
from tests.tools.test_assemble import desk, film
from tools import assemble
from tools.cutting.plan import plan
from tools.picture.sheets import beside, middles, sheets
from tools.ports import Bench
from tools.schema import Artifacts, Covers, CutList, Pick

pytestmark = pytest.mark.usefixtures("rendered_once")


@pytest.fixture(scope="module")
def flash(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from fractions import Fraction

    return film(tmp_path_factory.mktemp("flash"), Fraction(25))


@pytest.fixture
def made(flash: Path, tmp_path: Path) -> tuple[Bench, CutList]:
    bench, cut = desk(tmp_path / "run", flash, shapes=("16x9", "1x1"), captions="clean")
    assemble.make(bench, cut.id)
    return bench, cut


def test_a_model_that_sees_is_shown_each_clip_in_every_shape_and_both_sides_of_each_join(made: Any) -> None:
    bench, cut = made
    talk = [
        HumanMessage("make it"),
        AIMessage("", tool_calls=[{"name": "assemble", "args": {"plan_id": cut.id}, "id": "t1"}]),
        ToolMessage("Made of P1", tool_call_id="t1", name="assemble"),
    ]
    blocks: Any = shown(talk, bench)[-1].content
    told = [block["text"] for block in blocks if block["type"] == "text"]
    assert told == [
        "Made of P1",
        "promo 16x9, a still of each clip A, B, C:",
        "promo 1x1, a still of each clip A, B, C:",
        "promo 16x9, the frames before and after each join A|B, B|C:",
    ]
    assert sum(block["type"] == "image" for block in blocks) == 3
    assert sum(len(block["base64"]) for block in blocks if block["type"] == "image") < 400_000


def test_a_still_is_of_the_rendered_promo_with_its_captions(made: Any) -> None:
    bench, cut = made
    (_, wide), *_ = sheets(bench.workspace, cut, "made-x")
    image: Any = cv2.imread(str(bench.workspace.folder / wide))
    assert image.shape[1] == pytest.approx(3 * 484, abs=8)
    stills = image[:, :480], image[:, 484:964]
    # The film is grey below 100 but for its flashes; letters are white.
    assert all((each[int(0.6 * len(each)) :] > 200).any() for each in stills)


def test_joins_are_seen_from_two_frames_before_to_two_after(made: Any) -> None:
    bench, cut = made
    first = cut.clips[0].frames
    assert beside(cut)[:2] == [pytest.approx((first - 2) / 25), pytest.approx((first + 2) / 25)]
    assert len(beside(cut)) == 4
    assert len(middles(cut, bench.workspace.transcript)) == 3


def test_sheets_of_a_call_stay_as_they_were_sent(made: Any) -> None:
    bench, cut = made
    file = bench.workspace.folder / sheets(bench.workspace, cut, "made-x")[0][1]
    before = file.stat().st_mtime_ns
    sheets(bench.workspace, cut, "made-x")
    assert file.stat().st_mtime_ns == before


def test_where_nothing_was_made_nothing_is_shown(flash: Path, tmp_path: Path) -> None:
    bench, cut = desk(tmp_path / "none", flash)
    assert sheets(bench.workspace, cut, "made-x") == []


def test_another_plan_is_made_once_in_the_place_of_the_first_and_no_third(made: Any) -> None:
    bench, first = made
    plans = [plan(bench, [pick("S5", "hook"), pick(two, "proof"), pick("S8", "close")]) for two in ("S1", "S3")]
    again = assemble.make(bench, plans[0].id)
    assert (again.plan, again.earlier) == (plans[0].id, (first.id,))
    with pytest.raises(ToolException, match=rf"made anew once, and {plans[0].id} is what was made"):
        assemble.make(bench, plans[1].id)
    kept = bench.workspace.load("artifacts.json", Artifacts)
    assert kept is not None
    assert kept.plan == plans[0].id
    assert assemble.make(bench, plans[0].id, ["1x1"]).plan == plans[0].id, "the same plan may be made again"


def pick(name: str, role: Any) -> Pick:
    return Pick(ids=(name,), role=role, reason="a test")


def test_the_answer_says_what_is_heard_again_and_what_is_not_of_this_plan(made: Any) -> None:
    bench, cut = made
    bench.workspace.save("covers.json", Covers(plan="P9"))
    artifacts = bench.workspace.load("artifacts.json", Artifacts)
    assert artifacts is not None
    told = assemble.view(artifacts.model_copy(update={"heard": "sentence number six", "warnings": ("odd",)}), bench)
    assert re.search(r"^promo_1x1\.mp4 \| .* checks passed$", told, re.MULTILINE)
    assert "note: odd" in told
    assert f"still of P9: call write and cover with {cut.id}." in told
    assert "Heard again in the finished sound:\n<<promo" in told
    assert "sentence number six" in told
    assert "beside them: cut.edl" in told
