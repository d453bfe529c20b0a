"""A podcast's feed as a batch: its episodes by their titles, what lies elsewhere told, and nothing expanded or fetched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from doors.command import feed
from doors.command.batch import MOST, read_feed
from doors.command.main import main
from tools.schema import Options
from tools.troubles import Refusal

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:media="http://search.yahoo.com/mrss/"><channel>
<title>Prices and promises</title>
<item><title>1.5: Pricing &amp; <![CDATA[<churn>]]></title><itunes:title>no</itunes:title>
  <media:content><media:title>a picture</media:title></media:content>
  <enclosure url="audio/one%20talk.mp3" type="audio/mpeg" length="1"/></item>
<item><enclosure url="file://{folder}/two.mp3"/><title>Two</title></item>
<item><title>Far away</title><enclosure url="https://cdn.example/ep/3.mp3?t=1"/></item>
<item><title>Nothing in it</title></item>
<item><title>Elsewhere</title><enclosure url="file://server/share/5.mp3"/></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><entry><title>One</title>
<link rel="alternate" href="https://x.example/"/><link rel="enclosure" href="one.mp3"/></entry></feed>"""
LAUGHS = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<rss><channel><item><title>&b;</title></item></channel></rss>"""
OUTSIDE = """<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&x;</title></item></channel></rss>"""


def kept(folder: Path, text: str, name: str = "feed.xml") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder / name


def test_each_episode_is_a_job_by_its_title_and_what_lies_elsewhere_says_what_to_do(tmp_path: Path) -> None:
    given = Options(strict=True)
    one, two, far, bare, share = read_feed(kept(tmp_path, RSS.replace("{folder}", str(tmp_path))), "30s", given)
    assert (one.shown, one.video, one.wish, one.options) == (
        "1.5: Pricing & <churn>", tmp_path / "audio/one talk.mp3", "30s", given,
    )  # fmt: skip
    assert (two.shown, two.video, two.wrong) == ("Two", tmp_path / "two.mp3", "")
    assert far.shown == "Far away"
    assert "download it beside the feed" in far.wrong
    assert "no enclosure" in bare.wrong
    assert "lies elsewhere" in share.wrong


def test_atom_is_read_too(tmp_path: Path) -> None:
    (one,) = read_feed(kept(tmp_path, ATOM))
    assert (one.shown, one.video) == ("One", tmp_path / "one.mp3")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (LAUGHS, "declares a document type"),
        (OUTSIDE, "declares a document type"),
        ('<!DOCTYPE rss SYSTEM "http://x.example/rss.dtd"><rss/>', "declares a document type"),
        ("<rss><channel>", "can't be read as XML"),
        ("<rss>&nbsp;</rss>", "can't be read as XML"),
        ("<rss/>", "has 0 episodes"),
        ("<a>" * 200 + "</a>" * 200, "nests over"),
        ("<rss>" + "<item/>" * (MOST + 1) + "</rss>", f"has {MOST + 1} episodes"),
        ('<?xml version="1.0" encoding="no-such"?><rss/>', "can't be read as XML"),
    ],
    ids=["laughs", "a file", "a type", "cut off", "an entity", "empty", "deep", "long", "encoding"],
)
def test_what_is_no_feed_is_refused_with_the_reason(text: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=why):
        read_feed(kept(tmp_path, text))


def test_a_table_is_no_feed(tmp_path: Path) -> None:
    assert not feed.is_feed(kept(tmp_path, "video;wish\na.mp4;x\n", "week.csv"))
    assert feed.is_feed(kept(tmp_path, ATOM, "podcast"))


def test_by_the_command_each_episode_is_a_row_by_its_title(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "audio").mkdir()
    (tmp_path / "audio/one talk.mp3").write_bytes(b"no recording")
    told = kept(tmp_path, RSS.replace("{folder}", str(tmp_path)))
    monkeypatch.setenv("HOOKLINE_HOME", str(tmp_path / "home"))
    ran = CliRunner().invoke(main, ["batch", str(told), "10s", "--out", str(tmp_path / "out"), "--json"])
    rows = json.loads(ran.stdout)["rows"]
    assert [(row["video"], row["status"]) for row in rows] == [
        ("1.5: Pricing & <churn>", "refused"), ("Two", "refused"), ("Far away", "refused"),
        ("Nothing in it", "refused"), ("Elsewhere", "refused"),
    ]  # fmt: skip
    assert ran.exit_code == 3
    assert "does not exist" in rows[1]["reason"]
