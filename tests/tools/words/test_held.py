"""What a translated line must hold of what was said."""

import pytest

from tools.words.held import faults, figures

HELD = [
    ("We cut prices by 40 percent.", "Bajamos los precios un 40 %.", "es"),
    ("We cut prices by forty percent.", "خفضنا الأسعار بنسبة ٤٠٪.", "ar"),
    ("It cost $1.2 million.", "120万ドルかかりました。", "ja"),
    ("It cost $1.2 million.", "Costó 1,2 millones de dólares.", "es"),
    ("It cost $1.2 billion.", "Costó 1200 millones de dólares.", "es"),
    ("120 million users in 2024", "2024年に1億2000万人のユーザー", "ja"),
    ("1,200 people", "1.200 personas", "es"),
    ("1,200 people", "1 200 personnes", "fr"),
    ("3.5 percent", "3,5 Prozent", "de"),
    ("Python 3.12 is 15 percent faster", "Python 3.12は15%速い", "ja"),
    ("four thousand three hundred dollars", "4.300 dólares", "es"),
    ("Version 2.1.4 is out", "ظهرت النسخة 2.1.4", "ar"),
    ("One of the two said so", "Uno de los dos lo dijo", "es"),
]
LOST = [
    ("We cut prices by 40 percent.", "Bajamos mucho los precios.", "es", "40 percent"),
    ("We cut prices by 40 percent.", "Bajamos los precios 40 euros.", "es", "per cent"),
    ("It cost $1.2 million.", "120ドルかかりました。", "ja", "1.2 million"),
    ("It cost $1.2 billion.", "Costó 1,2 billones de dólares.", "es", "1.2 billion"),
    ("It cost 40 dollars.", "Costó 40 euros.", "es", "dollars"),
    ("Python 3.12 is here", "Llega Python 3,12", "es", "version 3.12"),
    ("Ten out of ten", "10 de 10, desde hace 50 años", "es", "50 was not said"),
    ("We moved to GitHub", "Pasamos a Gitjab", "es", "GitHub"),
]


@pytest.mark.parametrize(("said", "written", "into"), HELD, ids=[f"{i}-{row[2]}" for i, row in enumerate(HELD)])
def test_a_number_is_held_in_whatever_way_a_language_writes_it(said, written, into):
    assert faults(said, written, "en", into) == []


@pytest.mark.parametrize(("said", "written", "into", "told"), LOST, ids=[row[3] for row in LOST])
def test_what_is_lost_or_added_is_told_by_name(said, written, into, told):
    found = faults(said, written, "en", into)
    assert any(told in each.text for each in found)
    assert all(each.hard for each in found)


def test_a_name_of_the_glossary_stays_in_every_script():
    assert faults("Ledgerleaf grew", "レジャーリーフが成長", "en", "ja", ["Ledgerleaf"])[0].hard
    assert faults("Ledgerleaf grew", "Ledgerleafが成長", "en", "ja", ["Ledgerleaf"]) == []


def test_other_names_are_there_or_told_with_how_they_are_written():
    said = "So Ada Okafor told me"
    assert faults(said, "أخبرتني آدا أوكافور", "en", "ar", names={"Ada Okafor": "آدا أوكافور"}) == []
    assert faults(said, "Me lo dijo Ada Okafor", "en", "es", names={}) == []
    (one, *_) = faults(said, "أخبرتني", "en", "ar", names={})
    assert "Ada" in one.text
    assert not one.hard
    (claimed,) = faults(said, "أخبرتني", "en", "ar", names={"Ada Okafor": "آدا أوكافور"})
    assert claimed.hard


def test_an_engine_that_tells_no_names_is_not_asked_for_them():
    assert faults("So Ada Okafor told me", "أخبرتني", "en", "ar") == []


def test_what_is_said_in_words_in_a_language_that_is_not_read_is_no_invention():
    assert faults("Fünfzig Prozent", "50 percent", "de", "en") == []


def test_a_figure_is_read_both_ways_where_its_mark_does_not_tell():
    assert figures("1.200", "es")[0].values == {1.2, 1200.0}
    assert figures("1.200,50", "es")[0].values == {1200.5}
