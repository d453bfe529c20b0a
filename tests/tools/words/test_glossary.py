"""A brand's glossary: names are written as it has them, and nothing that only looks like one is changed."""

from __future__ import annotations

import pytest

from tools.schema import Sentence, Transcript, Word
from tools.words.corrections import spelled


def said(text: str) -> Transcript:
    words = tuple(Word(start=n * 0.3, end=n * 0.3 + 0.25, text=each) for n, each in enumerate(text.split()))
    return Transcript(sentences=(Sentence(id="S1", start=0, end=len(words) * 0.3, text=text, words=words),))


@pytest.mark.parametrize(
    ("heard", "glossary", "written"),
    [
        ("We built ledger leaf here.", ["Ledgerleaf"], "We built Ledgerleaf here."),
        ("We run cooper netties now.", ["cooper netties=Kubernetes"], "We run Kubernetes now."),
        ("We run Kuberneties now.", ["Kubernetes"], "We run Kubernetes now."),
        ("The chains hold.", ["Chain"], "The chains hold."),
        ("Ledgerleaf is right.", ["Ledgerleaf"], "Ledgerleaf is right."),
        ("A leader said so.", ["Ledger"], "A leader said so."),
        ("Nothing of it.", ["ab", "=", "x="], "Nothing of it."),
    ],
)
def test_what_sounds_like_a_name_is_written_like_it_and_nothing_else(
    heard: str, glossary: list[str], written: str
) -> None:
    made = spelled(said(heard), glossary)
    assert made.sentences[0].text == written
    assert " ".join(word.text for word in made.words) == written
    assert bool(made.warnings) is (heard != written), "each change is told, and nothing else"
    assert made.words[-1].end == said(heard).words[-1].end
