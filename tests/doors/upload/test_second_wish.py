"""Of a video that was heard and seen Amazon Transcribe and Rekognition are not asked again, whatever its name and whatever is wished."""

import json
from collections import Counter
from urllib.parse import quote

import pytest

from tests.stage import DRAWN, answer, footage, mind, notification, staged

pytestmark = [pytest.mark.aws, pytest.mark.slow, pytest.mark.usefixtures("rendered_once")]
ANOTHER = "uploads/final, really final.mp4"
WISH = "make a square 12s promo for LinkedIn about churn without captions"


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Ninety seconds, in which the talk is said more than twice: the second wish takes its sentences where they are said again."""
    return footage(tmp_path_factory.mktemp("film"), seconds=90)


def again(stage, video):
    """The event of the same bytes under another name and with another wish."""
    put = stage.s3.put_object(Bucket="hookline-inbox", Key=ANOTHER, Body=video.read_bytes(), Metadata={"wish": WISH})
    event = notification(stage)
    told = {"key": quote(ANOTHER, safe="/"), "eTag": put["ETag"].strip('"'), "versionId": put["VersionId"]}
    event["Records"][0]["s3"]["object"] |= told
    return event


def asked(stage):
    return Counter(name for name, _ in (*stage.listen.calls, *stage.watch.calls))


def test_a_second_wish_under_another_name_asks_neither_service(film, mariadb, tmp_path, capsys):
    nth = [0]
    chosen = DRAWN[:2]
    with staged(film, mariadb.create(), tmp_path, mind=lambda told, n: mind(told, n, chosen, nth[0])) as stage:
        first, _ = answer(stage, notification(stage))
        before, nth[0] = asked(stage), 1
        second, _ = answer(stage, again(stage, film[0]))
        after = asked(stage)
        runs = [stage.records.run(each["run"])["outcome"] for each in (first, second)]
    assert first["status"] in ("done", "done with warnings"), json.dumps(first)
    assert second["status"] in ("done", "done with warnings"), json.dumps(second)
    one, two = (outcome["cut"]["clips"] for outcome in runs)
    assert {clip["start"] for clip in one}.isdisjoint({clip["start"] for clip in two}), "other clips were chosen"
    assert before["StartTranscriptionJob"] == 1
    assert before["DetectFaces"] > 0
    assert after == before
    assert second["dollars"] <= 0.4 * first["dollars"]
    by = runs[1]["engines"]
    assert by["transcriber"] == f"Amazon Transcribe (asked by run {first['run'][:12]})"
    assert by["analyst"] == f"Amazon Rekognition (asked by run {first['run'][:12]})"
    with capsys.disabled():
        print(f"\nfirst ${first['dollars']:.4f}, second ${second['dollars']:.4f}; services asked {dict(before)}")
