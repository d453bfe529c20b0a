"""Every record of an event is judged on its own, and a key is read as it was uploaded."""

import copy
import json
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.brief import make_brief
from agent.reading.wish import read_wish
from doors.upload.events import RECORDS, read
from tests import ROOT
from tests.fire.arrivals import IGNORED, INBOX, KEYS, REFUSED, RUN, arrivals

keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200).filter(
    lambda key: len(key.encode()) <= 1024
)


@pytest.fixture
def lines(request):
    """The rows of a file of the hostile collection that ``--shared`` names."""
    folder = Path(request.config.getoption("shared")) / "hostile"
    return lambda name: [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]


def fixture(name):
    return json.loads((ROOT / "sam" / "events" / f"{name}.json").read_text("utf-8"))


def notified(key, /, bucket=INBOX, size=5, name="ObjectCreated:Put", **more):
    """One record of an S3 notification; the key is encoded as S3 does."""
    thing = {"key": quote_plus(key, safe="/*-._"), "size": size, "eTag": "e" * 32, "sequencer": "01", **more}
    return {"eventSource": "aws:s3", "eventName": name, "s3": {"bucket": {"name": bucket}, "object": thing}}


def bridged(key, /, bucket=INBOX, size=5, **more):
    thing = {"key": key, "size": size, "etag": "e" * 32, "sequencer": "01", **more}
    return {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": bucket}, "object": thing},
    }


def said(event, prefix="uploads/"):
    return [(each.verdict, each.code) for each in read(event, INBOX, prefix)]


EXPECTED = {
    "EV-001": [[RUN]],
    "EV-002": [[RUN]],
    "EV-004": [[RUN] * 10],
    "EV-005": [[RUN] * 9 + [REFUSED]],
    "EV-007": [[RUN], [RUN]],
    "EV-008": [[RUN], [RUN]],
    "EV-010": [[RUN]],
    "EV-011": [[IGNORED]],
    "EV-013": [[RUN]],
    "EV-014": [[IGNORED]],
    "EV-016": [[IGNORED]],
    "EV-017": [[REFUSED]],
    "EV-019": [[REFUSED]],
    "EV-020": [[REFUSED]],
    "EV-022": [[RUN]],
    "EV-023": [[RUN, REFUSED]],
    "EV-025": [],  # no event comes; the wait for Transcribe asks by itself
    "EV-026": [[IGNORED]],
    "EV-028": [[IGNORED]],
    "EV-029": [[IGNORED]],
    "EV-031": [[REFUSED]],
    "EV-032": [None],
}


@pytest.mark.parametrize("case", arrivals(), ids=lambda case: case.id)
def test_each_arrival_gets_its_verdicts(case):
    for event, expected in zip(case.events, case.verdicts, strict=True):
        found = read(event, INBOX, "uploads/")
        assert [each.verdict for each in found] == expected
        assert all(each.reason and len(each.reason) < 400 and each.code for each in found)
        assert all(each.key and each.version and each.size for each in found if each.verdict == RUN)


@pytest.mark.parametrize("key", KEYS, ids=ascii)
def test_every_key_is_read_as_uploaded_from_both_kinds_of_event(key):
    for event in ({"Records": [notified(key)]}, bridged(key)):
        (found,) = read(event, INBOX, "")
        if len(key.encode()) > 1024:
            assert (found.verdict, found.code) == (REFUSED, "key")
        elif key.endswith("/"):
            assert (found.verdict, found.code) == (IGNORED, "folder")
        else:
            assert (found.verdict, found.key) == (RUN, key)


@pytest.mark.shared
@pytest.mark.parametrize("name", EXPECTED)
def test_each_event_of_a_further_collection_gets_its_verdicts(name, lines):
    case = next(case for case in lines("events.jsonl") if case["id"] == name)
    assert len(case["events"]) == len(EXPECTED[name])
    for event, expected in zip(case["events"], EXPECTED[name], strict=True):
        found = read(event, INBOX, "uploads/")
        assert [each.verdict for each in found] == (expected or [REFUSED] * len(event["Records"]))
        assert all(each.reason and len(each.reason) < 400 and each.code for each in found)
        assert all(each.key and each.version and each.size for each in found if each.verdict == RUN)


@pytest.mark.shared
def test_every_event_of_a_further_collection_has_an_expectation(lines):
    assert {case["id"] for case in lines("events.jsonl")} == set(EXPECTED)


@pytest.mark.shared
def test_every_key_of_a_further_collection_is_read_as_uploaded(lines):
    cases = lines("keys.jsonl")
    assert len(cases) == 44
    for case in cases:
        record = notified("x")
        record["s3"]["object"]["key"] = case["event_key"]
        for event in ({"Records": [record]}, bridged(case["eventbridge_key"])):
            (found,) = read(event, INBOX, "")
            if len(case["key"].encode()) > 1024:
                assert (found.verdict, found.code) == (REFUSED, "key"), case
            elif case["key"].endswith("/"):
                assert (found.verdict, found.code) == (IGNORED, "folder"), case
            else:
                assert (found.verdict, found.key) == (RUN, case["key"])


def test_one_upload_told_twice_in_both_shapes_is_one_run():
    found = [read(fixture(name), "hookline-inbox", "uploads/")[0] for name in ("s3", "eventbridge")]
    assert found[0] == found[1]
    assert found[0].key == "uploads/Team talk #1 (café).mp4"


def test_a_new_version_of_a_key_is_another_run_and_keeps_its_own_bytes():
    made = set()
    for more in ({"versionId": "v1"}, {"versionId": "v2"}, {"eTag": "f" * 32}, {"size": 6}):
        (found,) = read({"Records": [notified("uploads/a.mp4", **more)]}, INBOX, "uploads/")
        made.add(make_brief("a.mp4", found.version, read_wish(""), key=found.key).run)
    assert len(made) == 4


def test_a_bucket_without_versions_is_told_by_etag_and_size():
    record = notified("uploads/a.mp4", versionId="null")
    record["s3"]["object"]["eTag"] = '"0123456789abcdef0123456789abcdef-7"'
    (found,) = read({"Records": [record]}, INBOX, "uploads/")
    assert (found.version, found.version_id) == ("0123456789abcdef0123456789abcdef-7/5", "")


def test_the_records_of_an_sqs_batch_keep_their_message():
    found = read(fixture("sqs"), "hookline-inbox", "uploads/")
    assert [(each.verdict, each.code, each.message[-1]) for each in found] == [
        (RUN, "created", "1"),
        (REFUSED, "unreadable", "2"),
        (IGNORED, "folder", "3"),
        (RUN, "created", "3"),
    ]


def test_eventbridge_and_tests_may_come_by_sqs_too():
    bodies = [bridged("uploads/a+b.mp4"), {"Event": "s3:TestEvent"}, {"Records": 5}, [], {"Records": []}]
    records = [
        {"eventSource": "aws:sqs", "messageId": str(n), "body": json.dumps(body)} for n, body in enumerate(bodies)
    ]
    found = read({"Records": records}, INBOX, "uploads/")
    assert [each.code for each in found] == ["created", "test", "unreadable", "unreadable", "nothing"]
    assert found[0].key == "uploads/a+b.mp4"


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (notified("uploads/a.mp4", size=0), "empty"),
        (notified("uploads/", size=0), "folder"),
        (notified("uploads/sub/", size=9), "folder"),
        (notified("other/a.mp4"), "prefix"),
        (notified("uploads"), "prefix"),
        (notified("UPLOADS/a.mp4"), "prefix"),
        (notified("uploads/a.mp4", bucket="out-bucket"), "bucket"),
        (notified("uploads/a.mp4", bucket="out-bucket", name="ObjectRemoved:Delete"), "bucket"),
        (notified("uploads/a.mp4", name="ObjectRemoved:DeleteMarkerCreated"), "not_created"),
        (notified("uploads/a.mp4", name="ReducedRedundancyLostObject"), "not_created"),
        (notified("uploads/a.mp4", name=None), "shape"),
        (notified("uploads/a.mp4", size="5"), "shape"),
        (notified("uploads/a.mp4", size=True), "shape"),
        (notified("uploads/a.mp4", size=-1), "shape"),
        (notified("uploads/a.mp4", eTag=None), "shape"),
        (notified("uploads/" + "x" * 1016), "created"),
        (notified("uploads/" + "x" * 1017), "key"),
        (notified("uploads/" + "é" * 509), "key"),
        (notified("uploads/a.mp4", key="uploads/%ff.mp4"), "key"),
        (notified("uploads/a.mp4", key=""), "key"),
        (notified("uploads/a.mp4", key=7), "key"),
        ({"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}, "shape"),
        (
            {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {"bucket": "in-bucket", "object": {}}},
            "shape",
        ),
        ({"eventSource": "aws:sqs", "messageId": "m", "body": None}, "unreadable"),
        ({}, "not_s3"),
        (None, "shape"),
        ("uploads/a.mp4", "shape"),
    ],
)
def test_a_bad_record_is_told_apart_and_its_neighbours_run(record, code):
    good = notified("uploads/good.mp4")
    found = read({"Records": [good, copy.deepcopy(record), good]}, INBOX, "uploads/")
    assert [each.code for each in found] == ["created", code, "created"]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({}, (IGNORED, "nothing")),
        (None, (REFUSED, "shape")),
        ([], (REFUSED, "shape")),
        ("text", (REFUSED, "shape")),
        ({"Records": []}, (IGNORED, "nothing")),
        ({"Records": None}, (REFUSED, "shape")),
        ({"Records": {"a": 1}}, (REFUSED, "shape")),
        ({"unknown": 1}, (REFUSED, "shape")),
        ({"detail": {}, "source": "aws.transcribe"}, (IGNORED, "not_s3")),
        ({"detail": {}, "source": "aws.s3", "detail-type": "Object Deleted"}, (IGNORED, "not_created")),
        ({"detail": {}, "source": "aws.s3", "detail-type": "Object Created"}, (REFUSED, "shape")),
        (bridged("\ud800.mp4"), (REFUSED, "key")),
    ],
)
def test_odd_shapes_are_a_clean_verdict(event, expected):
    assert said(event) == [expected]


def test_an_endless_batch_is_cut_off_and_says_so():
    found = read({"Records": [notified("uploads/a.mp4")] * (RECORDS + 5)}, INBOX, "uploads/")
    assert len(found) == RECORDS + 1
    assert found[-1].code == "too_many"


@given(keys)
def test_any_key_comes_back_from_both_encodings(key):
    expected = (IGNORED, "") if key.endswith("/") else (RUN, key)
    for event in ({"Records": [notified(key)]}, bridged(key)):
        (found,) = read(event, INBOX, "")
        assert (found.verdict, found.key) == expected


@given(keys, keys)
def test_only_what_is_below_the_prefix_runs(prefix, key):
    (found,) = read(bridged(key), INBOX, prefix)
    assert (found.code == "prefix") == (not key.startswith(prefix))


shapes = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just("aws:s3") | st.just("aws:sqs"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "Records",
                    "detail",
                    "source",
                    "s3",
                    "bucket",
                    "object",
                    "key",
                    "size",
                    "name",
                    "eventSource",
                    "eventName",
                    "body",
                    "messageId",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(shapes)
def test_no_shape_whatever_raises_or_goes_without_a_verdict(event):
    found = read(event, INBOX, "uploads/")
    assert found
    assert all(each.verdict in (RUN, IGNORED, REFUSED) and each.reason for each in found)


@given(st.lists(st.booleans(), min_size=1, max_size=20))
def test_in_any_mixture_each_record_keeps_its_own_verdict(good):
    records = [notified("uploads/a.mp4") if each else {"s3": {}} for each in good]
    assert [each.verdict == RUN for each in read({"Records": records}, INBOX, "uploads/")] == good
