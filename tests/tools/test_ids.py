from tools.ids import Stretch, index, is_spoken, number


def test_an_id_has_a_kind_and_a_number_from_1() -> None:
    assert (number("P2"), index("S12"), is_spoken("S12"), is_spoken("V3")) == (2, 11, True, False)


def test_a_stretch_of_ids_is_written_and_read() -> None:
    assert str(Stretch.of(("S14", "S15"))) == "S14-S15"
    assert Stretch.read("S14-S16").ids == ("S14", "S15", "S16")
    assert Stretch.read("V3") == ("V", 2, 2)
    assert str(Stretch.read("V3")) == "V3"


def test_a_stretch_grows_among_what_is_there_and_free() -> None:
    assert [str(each) for each in Stretch.read("S2").grown(4, set())] == ["S2-S3", "S1-S2", "S2-S4", "S1-S3"]
    assert [str(each) for each in Stretch.read("S2").grown(4, {"S1"})] == ["S2-S3", "S2-S4"]
