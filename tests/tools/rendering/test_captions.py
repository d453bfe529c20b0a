from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pysubs2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.media import process
from tools.rendering import burned, fonts
from tools.schema import SIZES, Box, Clip, CutList, Sentence, Transcript, Word
from tools.words import cues

SHAPES = tuple(SIZES)
STYLES = ("clean", "bold", "karaoke")


SPOKEN = {
    "ar": ("مرحبا بكم في العرض، 42 دولارا!", " "),
    "he": ("אנחנו איבדנו לקוחות.", " "),
    "fa": ("سلام به همه؟", " "),
    "zh": ("今天我想给大家展示，AutoCut。", ""),
    "ja": ("今日は皆さんに「直骨」を。", ""),
    "ko": ("오늘 여러분께 보여", " "),
    "hi": ("नमस्ते दुनिया", " "),
    "th": ("สวัสดีชาวโลก", ""),
    "uk": ("Привіт, світе ♪ 😀 → ≥", " "),
}


def transcript(text: str, pace: float = 0.3, start: float = 0.0, language: str = "en", joint: str = " ") -> Transcript:
    tokens = text.split(" ") if joint else list(text)
    words = tuple(
        Word(start=start + n * pace, end=start + (n + 0.9) * pace, text=token) for n, token in enumerate(tokens)
    )
    return Transcript(
        sentences=(Sentence(id="S1", start=words[0].start, end=words[-1].end, text=text, words=words),),
        language=language,
    )


def cut(rate: str, *spans: tuple[int, int]) -> CutList:
    fps = Fraction(rate)
    clips = tuple(
        Clip(
            label="ABCDEFGH"[n],
            ids=("S1",),
            role="hook" if not n else "proof",
            reason="x",
            start=float(first / fps),
            end=float((first + count) / fps),
            first_frame=first,
            frames=count,
        )
        for n, (first, count) in enumerate(spans)
    )
    return CutList(id="P1", target=30, length=float(sum(count for _, count in spans) / fps), rate=rate, clips=clips)


TALK = transcript("We lost six percent of our customers every month, and nobody could say why. " * 12)


def track(shape_cut: CutList | None = None, told: Transcript = TALK) -> cues.Track:
    return cues.tracks(shape_cut or cut("30/1", (0, 300), (450, 300)), told)


@pytest.mark.parametrize("rate", ["24000/1001", "25/1", "30000/1001", "50/1", "60000/1001"])
def test_words_are_where_their_frames_are(rate: str) -> None:
    made = cut(rate, (600, 120), (37, 90), (1000, 60))
    fps, offset = Fraction(rate), 0
    words = iter(cues.tracks(made, TALK).words)
    for clip in made.clips:
        low, high = float(Fraction(clip.first_frame) / fps), float(Fraction(clip.first_frame + clip.frames) / fps)
        for word in (w for w in TALK.words if low <= (w.start + w.end) / 2 < high):
            placed = next(words)
            assert placed.text == word.text
            assert placed.start == pytest.approx(max(word.start, low) - low + float(offset / fps), abs=1e-9)
        offset += clip.frames


def test_a_cue_can_be_read() -> None:
    made = track()
    assert " ".join(line for cue in made.cues for line in cue.lines) == " ".join(word.text for word in made.words)
    for cue in made.cues:
        assert len(cue.lines) <= 2
        assert all(len(line) <= cues.COLUMNS for line in cue.lines)
        assert cue.length <= cues.LONGEST
        assert sum(map(len, cue.lines)) / cue.length <= cues.SPEED


def test_no_cue_overlaps_another_or_crosses_a_join() -> None:
    made = track()
    joins = [stretch.end for stretch in made.stretches[:-1]]
    assert all(one.end <= two.start for one, two in pairwise(made.cues))
    assert not [cue for cue in made.cues for join in joins if cue.start < join < cue.end]
    assert made.cues[-1].end <= made.length


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 1.5), st.floats(0, 1.2), st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from(SHAPES),
    st.sampled_from(STYLES),
    st.sampled_from(["en", "ar", "zh"]),
)
def test_whatever_the_words_are_events_keep_their_order_and_their_joins(
    rows: list[tuple[float, float, str]], shape: str, style: str, language: str
) -> None:
    words, at = [], 0.0
    for gap, length, text in rows:
        words.append(Word(start=at + gap, end=at + gap + length, text=text))
        at += gap + length
    told = Transcript(sentences=(Sentence(id="S1", start=0, end=at, text="x", words=tuple(words)),), language=language)
    made = cues.tracks(cut("25/1", (0, 100), (110, 400)), told)
    events = burned.events(made, shape, style)
    joins = [stretch.end for stretch in made.stretches]
    assert all(one.end <= two.start + 1e-9 for one, two in pairwise(events))
    assert all(len(event.lines) <= 2 or any(len(word.text) > 12 for word in words) for event in events)
    assert not [event for event in events for join in joins if event.start < join - 1e-9 and event.end > join + 1e-9]
    parsed = pysubs2.SSAFile.from_string(burned.ass(made, shape, style))
    assert len(parsed) == len(events)
    assert all(one.end <= two.start for one, two in pairwise(parsed))


@pytest.mark.parametrize("style", STYLES)
def test_an_event_begins_within_80_ms_of_its_first_word(style: str) -> None:
    made = track()
    starts = np.array([word.start for word in made.words])
    for line in pysubs2.SSAFile.from_string(burned.ass(made, "9x16", style)):
        assert np.abs(starts - line.start / 1000).min() <= 0.08


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("style", STYLES)
def test_every_event_lies_inside_the_safe_box_at_every_place(shape: str, style: str) -> None:
    width, height = SIZES[shape]
    left, top, right, bottom = {"9x16": (90, 270, 190, 480), "16x9": (96, 54, 96, 54), "1x1": (54, 54, 54, 54)}[shape]
    for place in burned.PLACES[shape]:
        boxes = [
            burned.box(event.lines, burned.LOOKS[style], shape, place) for event in burned.events(track(), shape, style)
        ]
        x, y = min(each[0] for each in boxes), min(each[1] for each in boxes)
        w, h = max(each[0] + each[2] for each in boxes) - x, max(each[1] + each[3] for each in boxes) - y
        assert x * width >= left
        assert (x + w) * width <= width - right
        assert y * height >= top - 8
        assert (y + h) * height <= height - place.vertical + 8 if place.alignment == 2 else True
        assert (y + h) * height <= height - bottom + 8


def test_letters_are_at_least_60_pixels_high_where_a_frame_is_1080_wide() -> None:
    assert all(burned._size(look, shape) * fonts.EM >= 60 for look in burned.LOOKS.values() for shape in SHAPES)


def test_the_marked_styles_show_two_to_four_words_and_mark_the_spoken_one() -> None:
    made = track()
    for style in ("bold", "karaoke"):
        assert {len(" ".join(event.lines).split()) for event in burned.events(made, "9x16", style)} <= {2, 3, 4}
        events = burned.events(made, "9x16", style)
        assert len(events) == len(made.words)
        marked = [event.lines[event.spoken[0]][event.spoken[1] : event.spoken[2]] for event in events]
        assert marked == [word.text for word in made.words]
        assert all(
            f"{{\\c{burned.bgr(burned.LOOKS[style].keyword)}}}" in line.text
            for line in pysubs2.SSAFile.from_string(burned.ass(made, "9x16", style))
        )


def test_captions_stay_at_one_place_through_the_joins_unless_they_would_hide_something() -> None:
    made = track(cut("30/1", (0, 150), (300, 150), (600, 150)))

    def places(*areas: burned.Area) -> list[str]:
        file = pysubs2.SSAFile.from_string(burned.ass(made, "9x16", "clean", areas))
        return [name for name, other in pairwise([*(line.style for line in file), ""]) if name != other]

    low, high = (0.2, 0.5, 0.6, 0.13), (0.2, 0.2, 0.6, 0.1)
    assert places(burned.Area(0, 5, low), burned.Area(5, 10, high)) == ["p1"]
    others = [burned.Area(10, 15, (0.1, y, 0.8, h)) for y, h in ((0.1, 0.43), (0.67, 0.1))]
    assert places(burned.Area(0, 10, low), *others) == ["p1", "p0"]


@pytest.mark.parametrize(("wide", "styles"), [(0.1, {"p0"}), (0.6, {"p0", "p1"})], ids=["touched", "covered"])
def test_captions_neither_jump_nor_shrink_for_what_they_only_touch(wide: float, styles: set[str]) -> None:
    made = track(cut("30/1", (0, 150), (300, 150), (600, 150)))
    icon = [burned.Area(5, 10, (0.5 - wide / 2, 0.6, wide, 0.02), 2.0, ground=False)]
    full = [burned.Area(at, at + 5, (0.1, y, 0.8, h)) for at in (0, 10) for y, h in ((0.1, 0.43), (0.67, 0.1))]
    file = pysubs2.SSAFile.from_string(burned.ass(made, "9x16", "clean", [*icon, *full]))
    assert {line.style for line in file} == styles


def test_over_a_face_text_gets_no_ground_that_would_hide_more_of_it() -> None:
    made = track(cut("30/1", (0, 150)))
    everywhere = burned.Area(0, 5, (0.0, 0.0, 1.0, 1.0), 4.0, ground=False)
    file = pysubs2.SSAFile.from_string(burned.ass(made, "1x1", "clean", [everywhere]))
    assert {file.styles[line.style].borderstyle for line in file} == {1}


HOSTILE = [
    r"{\pos(0,0)}big",
    r"\N\h\n",
    "{\\fs900}",
    "a{b}c\\d",
    "<script>alert(1)</script>",
    "-->",
    "x',movie=a.ts,drawtext=textfile=b",
    "\u202egpj",
    "line\nbreak",
    "1\n\n2",
]


@pytest.mark.parametrize("word", HOSTILE)
@pytest.mark.parametrize("style", STYLES)
def test_no_word_becomes_markup(word: str, style: str) -> None:
    made = track(cut("25/1", (0, 100)), transcript(f"safe {word.replace(' ', '_')} words", 0.4))
    text = burned.ass(made, "16x9", style)
    own = re.sub(
        r"\{\\(?:c|1a)(?:&H[0-9A-F]+&)?\}|\{\\blur[0-9.]+\}|\{\\fn(?:Hookline [A-Za-z ]+)?\}|\\N",
        "",
        "\n".join(line for line in text.splitlines() if line.startswith("Dialogue:")),
    )
    assert not re.search(r"[{}\\<>]", own)
    assert "\u202e" not in text
    assert len(pysubs2.SSAFile.from_string(cues.srt(made), "srt")) == len(made.cues) == cues.vtt(made).count("-->")
    assert "<" not in cues.srt(made).replace("-->", "")


def test_a_caption_moves_off_a_face_and_only_then() -> None:
    made = track(cut("30/1", (0, 300)))

    def places(avoid: list[tuple[float, float, Box]]) -> set[str]:
        areas = [burned.Area(*each) for each in avoid]
        return {line.style for line in pysubs2.SSAFile.from_string(burned.ass(made, "9x16", "clean", areas))}

    assert places([]) == {"p0"}
    assert places([(0, 10, (0.1, 0.1, 0.3, 0.2))]) == {"p0"}
    assert places([(0, 10, (0.2, 0.45, 0.6, 0.18))]) == {"p1"}
    assert places([(0, 10, (0.1, 0.4, 0.8, 0.55))]) == {"p2"}
    assert places([(20, 30, (0.2, 0.45, 0.6, 0.2))]) == {"p0"}


def test_captions_rise_over_those_the_picture_has_and_shrink_where_nothing_is_free() -> None:
    made = track(cut("30/1", (0, 300)))

    def places(*boxes: Box) -> set[str]:
        areas = [burned.Area(0, 10, box, 2.0) for box in boxes]
        return {line.style for line in pysubs2.SSAFile.from_string(burned.ass(made, "16x9", "clean", areas))}

    assert places((0.1, 0.82, 0.8, 0.15)) == {"p1"}
    assert places((0.1, 0.5, 0.8, 0.48)) == {"p2"}
    slide = tuple((0.1, y, 0.8, 0.015) for y in (0.143, 0.249, 0.652, 0.746, 0.842))
    assert all(name.endswith("s") for name in places(*slide))


@pytest.mark.parametrize(("full", "shrunk"), [(150, True), (30, False)])
def test_one_size_holds_through_a_promo_whatever_some_of_its_pictures_leave_free(full: int, shrunk: bool) -> None:
    made = track(cut("30/1", (0, 150), (300, full)))
    slide = [burned.Area(5, 10, (0.1, y, 0.8, 0.015), 2.0) for y in (0.143, 0.249, 0.652, 0.746, 0.842)]
    file = pysubs2.SSAFile.from_string(burned.ass(made, "16x9", "clean", slide))
    assert len({file.styles[line.style].fontsize for line in file}) == 1
    assert any(line.start >= 5000 for line in file)
    assert all(("s" in line.style) is shrunk for line in file)


@pytest.mark.parametrize(("full", "grounded"), [(150, True), (30, False)])
def test_a_ground_does_not_come_and_go_within_a_promo(full: int, grounded: bool) -> None:
    made = track(cut("30/1", (0, 150), (300, full)))
    paper = [burned.Area(5, 10, (0.0, 0.0, 1.0, 1.0), 0.05)]
    file = pysubs2.SSAFile.from_string(burned.ass(made, "16x9", "clean", paper))
    first = {file.styles[line.style].borderstyle for line in file if line.start < 4900}
    assert first == {3 if grounded else 1}


def test_a_picture_that_is_all_text_is_covered_on_a_dark_ground_that_can_be_read() -> None:
    everywhere = [burned.Area(0, 10, (0.0, 0.0, 1.0, 1.0), 2.0)]
    file = pysubs2.SSAFile.from_string(burned.ass(track(cut("30/1", (0, 300))), "16x9", "clean", everywhere))
    assert {file.styles[line.style].borderstyle for line in file} == {3}
    plain = pysubs2.SSAFile.from_string(burned.ass(track(cut("30/1", (0, 300))), "16x9", "clean"))
    assert {plain.styles[line.style].borderstyle for line in plain} == {1}


def test_unspaced_scripts_break_between_letters_and_never_before_a_mark() -> None:
    told = transcript(
        "今天我想给大家展示，我们如何在一个季度内把成本降低了百分之四十。一切都从一个简单的问题开始。",
        0.25,
        language="zh",
        joint="",
    )
    made = cues.tracks(cut("25/1", (0, 600)), told)
    assert all(" " not in line for cue in made.cues for line in cue.lines)
    assert all(cues.columns(line) <= cues.COLUMNS for cue in made.cues for line in cue.lines)
    lines = [line for cue in made.cues for line in cue.lines] + [
        line for event in burned.events(made, "9x16", "clean") for line in event.lines
    ]
    assert not [line for line in lines if line[0] in "，。"]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("language", sorted(SPOKEN))
def test_no_letter_is_burned_in_as_an_empty_box(tmp_path: Path, language: str, style: str) -> None:
    words, joint = SPOKEN[language]
    made = cues.tracks(cut("25/1", (0, 100)), transcript(words, 0.4, language=language, joint=joint))
    text = burned.ass(made, "1x1", style)
    fonts.lay(tmp_path / "fonts", (word.text for word in made.words), language)
    shutil.copytree(fonts.manrope(), tmp_path / "fonts", dirs_exist_ok=True)
    (tmp_path / "c.ass").write_text(text)
    picture = ["-f", "lavfi", "-i", "color=black:s=1080x1080:r=25:d=1", "-vf", "ass=c.ass:fontsdir=fonts"]
    told = subprocess.run(
        [process.ffmpeg(), "-v", "verbose", *picture, "-f", "null", "-"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stderr  # fmt: skip
    chosen = re.findall(r"fontselect: \(([^,]+), \d+, \d+\) -> (\S+),", told)
    assert chosen, "libass says which fonts it takes"
    assert not re.findall(r"Glyph \S+ not found|failed to find", told)
    assert all("/" not in file for _, file in chosen), "no font of the machine is needed"


def test_a_letter_that_no_font_has_is_left_out_and_its_word_with_it() -> None:
    made = cues.tracks(cut("25/1", (0, 100)), transcript("safe \U00013000 w\U00013001rd", 0.4))
    assert [line for event in burned.events(made, "1x1", "clean") for line in event.lines] == ["safe wrd"]


def test_latin_words_stay_whole_in_a_script_without_spaces() -> None:
    told = transcript("大家好， 我的 名字 是 AutoCut， 这是 一条 用于 测试 的 视频。", 0.25, language="zh")
    made = cues.tracks(cut("25/1", (0, 300)), told)
    for style in STYLES:
        assert any("AutoCut" in line for event in burned.events(made, "9x16", style) for line in event.lines), style


def test_right_to_left_words_keep_their_spoken_order_in_the_file() -> None:
    told = transcript("אנחנו איבדנו לקוחות", 0.4, language="he")
    made = cues.tracks(cut("25/1", (0, 100)), told)
    assert made.cues[0].lines == ("אנחנו איבדנו לקוחות",)


RIGHT_TO_LEFT = {
    "a Latin word first": ("he", "GPT אנחנו איבדנו", True),
    "a number first": ("ar", "2025 كان عاما", True),
    "mostly names": ("ar", "YouTube و LinkedIn", True),
    "one line of an English talk": ("en", "انخفضت النسبة اليوم", True),
    "an Arabic word in an English line": ("en", "سلام means peace", False),
}


@pytest.mark.parametrize("kind", RIGHT_TO_LEFT)
def test_a_line_begins_at_the_side_that_its_sentence_does_whatever_its_first_word(tmp_path: Path, kind: str) -> None:
    language, line, leftward = RIGHT_TO_LEFT[kind]
    said = f"{line}. We all spoke of it." if language == "en" else f"{line}."
    made = cues.tracks(cut("25/1", (0, 150)), transcript(said, 0.5, language=language))
    fonts.lay(tmp_path / "fonts", (word.text for word in made.words), language)
    shutil.copytree(fonts.manrope(), tmp_path / "fonts", dirs_exist_ok=True)
    for style in ("bold", "karaoke"):
        (tmp_path / "c.ass").write_text(burned.ass(made, "16x9", style))
        first = made.words[0]
        argv = ["-f", "lavfi", "-i", "color=black:s=1920x1080:r=25:d=4", "-vf", "ass=c.ass:fontsdir=fonts", "-ss"]
        raw = subprocess.run(
            [process.ffmpeg(), "-v", "error", *argv, f"{(first.start + first.end) / 2:.2f}", "-frames:v", "1"]
            + ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
            cwd=tmp_path, capture_output=True, check=True,
        ).stdout  # fmt: skip
        image = np.frombuffer(raw, np.uint8).reshape(1080, 1920, 3).astype(int)
        drawn_at = np.where(image.max(axis=2) > 60)[1]
        marked_at = np.where((image[:, :, 0] > 180) & (image[:, :, 2] < 110))[1]
        assert (marked_at.mean() > drawn_at.mean()) is np.True_ or not leftward, style
        assert (marked_at.mean() < drawn_at.mean()) is np.True_ or leftward, style


@pytest.mark.parametrize("kind", RIGHT_TO_LEFT)
def test_a_player_is_told_where_a_line_begins_that_its_first_letter_would_lay_the_other_way(kind: str) -> None:
    language, line, leftward = RIGHT_TO_LEFT[kind]
    said = f"{line}. We all spoke of it." if language == "en" else f"{line}."
    made = cues.tracks(cut("25/1", (0, 150)), transcript(said, 0.5, language=language))
    shown = cues.srt(made).splitlines()[2]
    first = next(
        unicodedata.bidirectional(char) for char in shown if unicodedata.bidirectional(char) in ["L", "R", "AL"]
    )
    assert (first != "L") is leftward
    assert shown.strip("\u200e\u200f") == made.cues[0].lines[0]


def test_an_address_is_whole_in_a_file_and_parted_after_a_sign_where_it_is_burned_in() -> None:
    address = "https://www.example.com/pricing?plan=solo&ref=talk_2026_november"
    made = cues.tracks(cut("25/1", (0, 100)), transcript(f"See {address} now.", 0.6))
    assert address in cues.srt(made)
    lines = [line for event in burned.events(made, "9x16", "clean") for line in event.lines]
    assert address in "".join(lines)
    assert all(line[-1] in "/?&=._" for line in lines if line in address and not address.endswith(line))


def test_lines_are_even_and_part_after_a_mark() -> None:
    assert cues.wrap(
        ["The", "slides", "go", "out", "tonight,", "and", "the", "coffee", "is", "still", "warm"], " ", len, 42
    ) == ["The slides go out tonight,", "and the coffee is still warm"]
    assert cues.wrap(["a" * 100], " ", len, 42) == ["a" * 42, "a" * 42, "a" * 16]


def test_without_speech_there_is_nothing_to_show() -> None:
    made = cues.tracks(cut("25/1", (0, 100)), None)
    assert cues.srt(made) == ""
    assert cues.vtt(made) == "WEBVTT\n"
    assert burned.events(made, "1x1", "clean") == ()
    assert len(pysubs2.SSAFile.from_string(burned.ass(made, "1x1", "clean"))) == 0


def drawn(folder: Path, text: str, shape: str, at: float) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what differs from a render without captions, in pixels."""
    (folder / "c.ass").write_text(text)
    width, height = SIZES[shape]
    given = ["-f", "lavfi", "-i", f"color=c=0x305070:s={width}x{height}:r=25:d={at + 0.2:.2f}"]
    argv = [*given, "-vf", f"ass=c.ass:fontsdir={fonts.manrope()}", "-ss", f"{at:.3f}", "-frames:v", "1"]
    raw = subprocess.run(
        [process.ffmpeg(), "-v", "error", *argv, "-f", "rawvideo", "-pix_fmt", "gray", "-"],
        cwd=folder, capture_output=True, check=True,
    ).stdout  # fmt: skip
    image = np.frombuffer(raw, np.uint8).reshape(height, width).astype(int)
    rows, columns = np.where(np.abs(image - image[0, 0]) > 12)
    return int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())


SAFE = {"9x16": (90, 270, 890, 1440), "16x9": (96, 54, 1824, 1026), "1x1": (54, 54, 1026, 1026)}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("face", [(0.3, 0.1, 0.4, 0.35), (0.25, 0.42, 0.5, 0.45)])
def test_what_is_rendered_lies_in_the_safe_box_and_off_the_face(
    tmp_path: Path, shape: str, style: str, face: Box
) -> None:
    made = track(cut("30/1", (0, 45)))
    text = burned.ass(made, shape, style, [burned.Area(0, 2, face, 4.0, ground=False)])
    line = pysubs2.SSAFile.from_string(text)[0]
    left, top, right, bottom = drawn(tmp_path, text, shape, (line.start + line.end) / 2000)
    low, high, far, deep = SAFE[shape]
    assert low <= left
    assert right <= far
    assert high - 8 <= top
    assert bottom <= deep + 8
    width, height = SIZES[shape]
    assert bottom <= face[1] * height or top >= (face[1] + face[3]) * height, "nothing of it is on the face"


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_the_rendered_text_lies_where_it_was_predicted(tmp_path: Path, style: str) -> None:
    made = track(cut("30/1", (0, 60)))
    event = burned.events(made, "9x16", style)[-1]
    (tmp_path / "c.ass").write_text(burned.ass(made, "9x16", style))
    width, height = SIZES["9x16"]
    picture = f"color=c=0x305070:s={width}x{height}:r=25:d=3"
    at = f"{(event.start + event.end) / 2:.3f}"
    command = [
        process.ffmpeg(),
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        picture,
        "-vf",
        f"ass=c.ass:fontsdir={fonts.manrope()}",
        "-ss",
        at,
        "-frames:v",
        "1",
    ]
    raw = subprocess.run(
        [*command, "-f", "rawvideo", "-pix_fmt", "gray", "-"], cwd=tmp_path, capture_output=True, check=True
    ).stdout
    image = np.frombuffer(raw, np.uint8).reshape(height, width).astype(int)
    rows, columns = np.where(np.abs(image - image[0, 0]) > 25)
    x, y, w, h = burned.box(event.lines, burned.LOOKS[style], "9x16", burned.PLACES["9x16"][0])
    assert columns.min() == pytest.approx(x * width, abs=14)
    assert columns.max() == pytest.approx((x + w) * width, abs=14)
    assert y * height - 4 <= rows.min()
    assert rows.max() <= (y + h) * height + 4
    assert columns.min() >= 90
    assert columns.max() <= width - 190
    assert rows.max() <= height - 670
