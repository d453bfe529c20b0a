"""Captions as other programs write them: every kind is made here, from one talk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tools.troubles import Refusal
from tools.words import captions, sidecar
from tools.words.rows import Read

SAID = (
    "Last January our pricing page was killing the company.",
    "We make software for small shops, and we are 11 people.",
    "We had 9 plans, 4 kinds of seat, and a calculator.",
    "When your price needs a calculator, you have a puzzle.",
    "So here is a question for you.",
    "Guess a number, I will wait.",
    "Every month, 6 out of a hundred shops left.",
    "First, we did what everybody does.",
)
DURATION = 40.0


def clock(seconds: float, point: str = ",") -> str:
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{point}{rest % 1000:03}"


def srt(lines: tuple[str, ...] | list[str], shift: float = 0.0, point: str = ",") -> str:
    return "".join(
        f"{n + 1}\n{clock(5 * n + shift, point)} --> {clock(5 * n + 4 + shift, point)}\n{line}\n\n"
        for n, line in enumerate(lines)
    )


def words(read: Read) -> str:
    return " ".join(word.text for word in read.speech.words)


def voices(read: Read) -> str:
    """The speaker of each caption's first word, as letters."""
    starts = {5.0 * n for n in range(len(SAID))}
    return "".join(word.speaker or "-" for word in read.speech.words if word.start in starts)


TWO = ("Anna Kowalski", "Ben O'Neil")
KINDS: dict[str, tuple[Callable[[int, str], str], str]] = {
    "a name before every caption": (lambda n, t: f"{TWO[n // 4]}: {t}", "AAAABBBB"),
    "a name where the voice changes": (lambda n, t: f"{TWO[n // 4]}: {t}" if n % 2 == 0 else t, "AAAABBBB"),
    "first names in turn": (lambda n, t: f"{('Maria', 'Tom')[n // 2 % 2]}: {t}" if n % 2 == 0 else t, "AABBAABB"),
    "a guest who speaks once": (lambda n, t: {0: f"{TWO[0]}: {t}", 3: f"{TWO[1]}: {t}", 4: f"{TWO[0]}: {t}"}.get(n, t), "AAABAAAA"),
    "WebVTT's own mark": (lambda n, t: f"<v {TWO[n // 4]}>{t}</v>", "AAAABBBB"),
    "a name in a line of its own": (lambda n, t: f"{TWO[n // 4]}\n{t}", "AAAABBBB"),
    "a name in square brackets": (lambda n, t: f"[{('Anna', 'Ben')[n // 4]}] {t}", "AAAABBBB"),
    "a name in round brackets": (lambda n, t: f"({('Anna', 'Ben')[n // 4]}) {t}", "AAAABBBB"),
    "one first name, now and then": (lambda n, t: f"Maria: {t}" if n in (0, 3, 6) else t, "AAAAAAAA"),
    "capitals after chevrons": (lambda n, t: f">> {('ANNA', 'DR. BEN')[n // 4]}: {t}" if n in (0, 2, 4, 6) else t, "AAAABBBB"),
    "a user's name": (lambda n, t: f"anna_k92: {t}", "AAAAAAAA"),
    "a title and a role": (lambda n, t: f"Dr. Anna Kowalski (Host): {t}", "AAAAAAAA"),
    "a number": (lambda n, t: f"Speaker {n // 4 + 1}: {t}", "AAAABBBB"),
    "in italics": (lambda n, t: f"<i>{TWO[n // 4]}: {t}</i>", "AAAABBBB"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_label_becomes_a_speaker_and_never_a_word(kind: str) -> None:
    write, heard = KINDS[kind]
    read = captions.parse_captions(srt([write(n, text) for n, text in enumerate(SAID)]), DURATION)
    assert words(read) == " ".join(SAID)
    assert voices(read) == heard


@pytest.mark.parametrize(
    "lead",
    [
        {2: "Question: ", 5: "So: "},
        {1: "Question: ", 3: "Question: ", 6: "Question: "},
        {4: "IN CAPITALS: "},
        {0: "Note: ", 3: "It was 10:30: "},
    ],
)
def test_what_is_said_before_a_colon_is_no_label(lead: dict[int, str]) -> None:
    lines = [lead.get(n, "") + text for n, text in enumerate(SAID)]
    read = captions.parse_captions(srt(lines), DURATION)
    assert words(read) == " ".join(lines)
    assert voices(read) == "-" * len(SAID)


SIGNS = {
    "R & D is proud — isn't it?": "R & D is proud — isn't it?",
    "We are 11 (and a dog), small.": "We are 11 (and a dog), small.",
    "Done 😅. Go on 👍🏽 now.": "Done 😅. Go on 👍🏽 now.",
    "See https://www.example.com/pricing?plan=solo&amp;ref=talk_2026 now.": "See https://www.example.com/pricing?plan=solo&ref=talk_2026 now.",
    "Write to sales@example.com: it's 1 < 2.": "Write to sales@example.com: it's 1 < 2.",
    "We had {4 kinds} of <calculator>.": "We had {4 kinds} of <calculator>.",
    "{\\an8}<font color=\"#fff\"><i>Hello</i></font> there.": "Hello there.",
    "(laughs) So we left. (APPLAUSE)": "So we left.",
    "[Music] Hello [inaudible] you.": "Hello you.",
    "♪ la la ♪": "la la",
    "- No.\n- Yes!": "No. Yes!",
    "C:\\new\\plan and\\Nmore.": "C:\\new\\plan and more.",
}  # fmt: skip


@pytest.mark.parametrize("written", SIGNS)
def test_what_was_written_to_be_read_stays_and_markup_and_sounds_go(written: str) -> None:
    assert words(captions.parse_captions(srt([written]))) == SIGNS[written]


def put(folder: Path, data: bytes, ending: str = "srt") -> Path:
    path = folder / f"sidecar.{ending}"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8-sig", "Ça coûte 5 €."),
        ("utf-16", "Ça coûte 5 €."),
        ("utf-16-le", "Last January we lost it."),
        ("utf-16-be", "Last January we lost it."),
        ("cp1252", "Our page “café” sells crème brûlée."),
        ("cp1252", "Über die Größe – schön, daß Sie da sind."),
        ("cp1252", "¿Cómo estás mañana, niño?"),
        ("cp1250", "Zażółć gęślą jaźń, proszę państwa."),
        ("cp1250", "Příliš žluťoučký kůň úpěl ďábelské ódy."),
        ("cp1254", "Çünkü müşterilerin fiyatı şaşırtıcıydı."),
        ("mac_roman", "Les prix étaient élevés à côté."),
        ("cp1251", "Мы потеряли шесть процентов наших магазинов."),
    ],
)
def test_captions_are_read_in_the_encoding_that_they_were_saved_in(tmp_path: Path, encoding: str, said: str) -> None:
    assert words(sidecar.read(put(tmp_path, srt([said]).encode(encoding)), DURATION)) == said


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (srt(["caf\ufffd"]).encode(), "letters were lost"),
        (srt(SAID).replace("00:00:05,000", "00:00:05:00").encode(), "times can't be read"),
        (srt(SAID, 20).encode(), "another cut"),
        (srt(SAID, 3 * 3600 + 20).encode(), "another cut"),
    ],
)
def test_a_file_that_can_not_be_read_whole_is_refused_with_the_reason(tmp_path: Path, data: bytes, why: str) -> None:
    with pytest.raises(Refusal, match=why) as refused:
        sidecar.read(put(tmp_path, data), DURATION)
    assert refused.value.code == "INVALID_TRANSCRIPT"


@pytest.mark.parametrize("hour", [1, 10])
def test_captions_of_a_timeline_that_begins_at_a_whole_hour_are_moved_to_zero_and_that_is_told(hour: int) -> None:
    read = captions.parse_captions(srt(SAID, 3600 * hour), DURATION)
    assert read.speech.words[0].start == pytest.approx(0.0, abs=1e-6)
    assert words(read) == " ".join(SAID)
    assert f"hour {hour}" in read.speech.warnings[0]


def test_captions_of_a_video_that_is_longer_than_an_hour_stay_where_they_are() -> None:
    assert captions.parse_captions(srt(SAID, 3600), 2 * 3600).speech.words[0].start == 3600


def test_an_english_talk_with_an_arabic_line_is_english() -> None:
    assert captions.parse_captions(srt([*SAID[:6], "مرحبا بكم في عرض الأسعار"])).speech.language == "en"
