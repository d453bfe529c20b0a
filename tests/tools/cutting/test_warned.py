"""What a person is warned of in a plan's clips: in a viewer's words, the worst first."""

from tools.cutting.warned import told
from tools.schema import Clip, CutList


def clip(label: str, *flags: str, notes: tuple[str, ...] = ()) -> Clip:
    return Clip(label=label, ids=("S1",), role="proof", reason="a test", start=0, end=1, flags=flags, notes=notes)


def test_how_a_promo_opens_is_told_before_how_it_ends_and_the_edges_last() -> None:
    clips = (
        clip("A", "no gap at the start", "dangling opening: S3 says “She” before anybody was named"),
        clip("B", "dangling opening: S9 leans on S8", notes=("loses its frame: S7 says so",)),
        clip("C", "unfinished ending: S12 stops before its sentence ends"),
    )
    cut = CutList(id="P1", target=30, length=30, rate="25/1", clips=clips)
    assert told(cut) == [
        "Clip A: S3 says “She” before anybody was named",
        "Clip C: S12 stops before its sentence ends",
        "Clip B: S9 leans on S8",
        "Clip A: no gap at the start",
    ]


def test_a_plan_with_notes_alone_is_warned_of_nothing() -> None:
    noted = clip("A", notes=("loses its qualification: S2 takes back or limits S1",))
    assert told(CutList(id="P1", target=30, length=30, rate="25/1", clips=(noted,))) == []


def test_that_hardly_anything_is_about_what_was_asked_is_told_whole() -> None:
    cut = CutList(id="P1", target=30, length=30, rate="25/1", clips=(clip("A", "hardly about it: little is nearer"),))
    assert told(cut) == ["Clip A: hardly about it: little is nearer"]
