"""Amazon Transcribe as the transcriber, over a stand-in that is checked against the service's own model."""

import json

import pytest

from tests import ROOT
from tests.fakes.buckets import account
from tests.fakes.service import Refused
from tests.fakes.transcribe import Transcribe as Service
from tools.aws.clients import client
from tools.aws.s3 import S3
from tools.aws.transcribe import Foreign, Transcribe
from tools.ports import Transcriber
from tools.schema import Source
from tools.workspace import Workspace

pytestmark = pytest.mark.aws

RUN = "0123456789abcdef0123"
HOSTILE = ROOT / "tests" / "fakes" / "transcribe_results.jsonl"


def item(start, end, text, kind="pronunciation", **more):
    times = {"start_time": start, "end_time": end} if kind == "pronunciation" else {}
    return {**times, "type": kind, "alternatives": [{"confidence": "0.98", "content": text}], **more}


SPOKEN = {
    "jobName": "j",
    "accountId": "1",
    "status": "COMPLETED",
    "results": {
        "language_code": "en-US",
        "transcripts": [{"transcript": "Prices fell. Why?"}],
        "items": [
            item("0.50", "0.91", "Prices", speaker_label="spk_0"),
            item("0.91", "1.30", "fell", speaker_label="spk_0"),
            item("", "", ".", "punctuation"),
            item("2.00", "2.40", "Why", speaker_label="spk_1"),
            item("", "", "?", "punctuation"),
        ],
    },
}


class Steps:
    """Remembers every step by name, as a record does, and never waits."""

    def __init__(self):
        self.known, self.waits = {}, []

    def step(self, name, do):
        if name not in self.known:
            self.known[name] = json.loads(json.dumps(do()))
        return self.known[name]

    def poll(self, name, check, done, every=5.0):
        def wait():
            while not done(answer := check()):
                self.waits.append((name, every))
                assert len(self.waits) < 10_000
            return answer

        return self.step(name, wait)

    def progress(self, name, share, note=""):
        """Nobody watches."""


class Desk:
    """One bucket, one stand-in, one run's folder; ``engine`` makes a transcriber over them."""

    def __init__(self, folder):
        self.s3 = client("s3", "us-east-1", attempts=2)
        self.s3.create_bucket(Bucket="outbox")
        self.service = Service(self.put, SPOKEN)
        self.workspace = Workspace(folder / RUN)
        self.workspace.audio.write_bytes(b"RIFF" + bytes(400))
        self.source = Source(
            name="talk", sha256="0" * 64, bytes=1000, container="mov", duration=60.0, video_index=0, audio_index=1,
            audio_first=True,
        )  # fmt: skip
        self.workspace.save("source.json", self.source)
        self.steps = Steps()

    def put(self, bucket, key, body):
        self.s3.put_object(Bucket=bucket, Key=key, Body=body)

    def engine(self, **fields):
        api = self.service.install(client("transcribe", "us-east-1", attempts=2))
        return Transcribe("outbox", api=api, store=S3("outbox", api=self.s3, pause=0.0), **fields)

    def hear(self, language=None, steps=None, **fields):
        return self.engine(**fields).transcribe(self.source, self.workspace, steps or self.steps, language)

    @property
    def started(self):
        return [asked for name, asked in self.service.calls if name == "StartTranscriptionJob"]


@pytest.fixture
def desk(tmp_path):
    with account():
        yield Desk(tmp_path)


def test_it_is_a_transcriber(desk):
    assert isinstance(desk.engine(), Transcriber)


def test_words_come_with_times_marks_speakers_and_confidence(desk):
    speech = desk.hear()
    assert [(w.text, w.start, w.end, w.speaker) for w in speech.words] == [
        ("Prices", 0.5, 0.91, "A"),
        ("fell.", 0.91, 1.3, "A"),
        ("Why?", 2.0, 2.4, "B"),
    ]
    assert speech.words[0].confidence == 0.98
    assert speech.language == "en-US"
    assert speech.engine == "Amazon Transcribe"
    assert not speech.warnings


def test_the_job_is_named_for_the_run_and_writes_where_we_say(desk):
    desk.hear()
    (asked,) = desk.started
    assert asked["TranscriptionJobName"] == f"hookline-{RUN}"
    assert (asked["OutputBucketName"], asked["OutputKey"]) == ("outbox", f".work/{RUN}/transcribe.json")
    assert asked["Media"]["MediaFileUri"] == f"s3://outbox/.work/{RUN}/audio.wav"
    assert asked["IdentifyLanguage"] is True
    assert asked["Settings"] == {"ShowSpeakerLabels": True, "MaxSpeakerLabels": 10}


def test_the_video_itself_is_named_only_where_that_was_asked_and_can_be(desk):
    desk.hear(direct=True, source_bucket="inbox", source_key="videos/talk.mp4")
    assert desk.started[0]["Media"]["MediaFileUri"] == "s3://inbox/videos/talk.mp4"


@pytest.mark.parametrize(
    ("container", "key", "size"),
    [("matroska", "talk.mkv", 10), ("mov", "a b%20+?.mp4", 10), ("mov", "talk.mp4", 3_000_000_000)],
)
def test_what_the_service_could_not_open_is_sent_as_sound(desk, container, key, size):
    desk.source = desk.source.model_copy(update={"container": container, "bytes": size})
    desk.hear(direct=True, source_bucket="inbox", source_key=key)
    assert desk.started[0]["Media"]["MediaFileUri"].endswith("/audio.wav")


def test_words_that_the_service_counts_from_the_first_sound_are_on_the_clock_of_the_source(desk):
    desk.source = desk.source.model_copy(update={"audio_start": 0.25})
    speech = desk.hear(direct=True, source_bucket="inbox", source_key="talk.mp4")
    assert [word.start for word in speech.words] == pytest.approx([0.75, 1.16, 2.25])
    assert speech.words[0].end == pytest.approx(1.16)


def test_another_stream_of_sound_than_the_service_would_take_is_sent(desk):
    desk.source = desk.source.model_copy(update={"audio_first": False})
    desk.hear(direct=True, source_bucket="inbox", source_key="talk.mp4")
    assert desk.started[0]["Media"]["MediaFileUri"].endswith("/audio.wav")


def test_a_newer_object_under_the_key_is_not_listened_to(desk):
    desk.hear(direct=True, source_bucket="inbox", source_key="talk.mp4", latest=lambda: False)
    assert desk.started[0]["Media"]["MediaFileUri"].endswith("/audio.wav")


def test_words_of_a_video_that_was_replaced_meanwhile_are_not_taken(desk):
    answers = [True, False]
    speech = desk.hear(direct=True, source_bucket="inbox", source_key="talk.mp4", latest=lambda: answers.pop(0))
    assert not speech.words
    assert "replaced" in speech.warnings[0]


def test_a_video_without_sound_starts_no_job(desk):
    desk.source = desk.source.model_copy(update={"audio_index": None})
    speech = desk.hear()
    assert not speech.words
    assert "no sound" in speech.warnings[0]
    assert not desk.service.calls


@pytest.mark.parametrize(
    ("given", "asked"),
    [("en", "en-US"), ("en-gb", "en-GB"), ("pt", "pt-BR"), ("de_CH", "de-CH"), ("ja", "ja-JP"), ("en-ZZ", "en-US")],
)
def test_a_given_language_is_the_services_own_code(desk, given, asked):
    desk.hear(given)
    assert desk.started[0]["LanguageCode"] == asked
    assert "IdentifyLanguage" not in desk.started[0]


def test_a_language_the_service_does_not_know_is_left_to_find(desk):
    desk.hear("tlh")
    assert desk.started[0]["IdentifyLanguage"] is True


def test_vocabularies_go_where_the_service_wants_them(desk, tmp_path):
    words = {"en-US": "products", "de-DE": "produkte"}
    desk.hear(vocabularies=words, languages=("en-US", "de-DE"))
    assert desk.started[0]["LanguageIdSettings"] == {name: {"VocabularyName": given} for name, given in words.items()}
    assert desk.started[0]["LanguageOptions"] == ["en-US", "de-DE"]
    desk.workspace = Workspace(tmp_path / "other")
    desk.workspace.audio.write_bytes(b"RIFF")
    desk.workspace.save("source.json", desk.source)
    desk.hear("de", steps=Steps(), vocabularies=words)
    assert desk.started[1]["Settings"]["VocabularyName"] == "produkte"


def test_a_run_that_is_started_again_finds_its_own_job(desk):
    desk.hear()
    (desk.workspace.folder / "transcribe.json").unlink()
    again = desk.hear(steps=Steps())
    assert len(again.words) == 3
    assert desk.service.count("StartTranscriptionJob") == 2
    assert len(desk.service.jobs) == 1


def test_a_job_of_that_name_about_another_file_is_an_error(desk):
    desk.hear()
    desk.service.jobs[f"hookline-{RUN}"]["Media"] = {"MediaFileUri": "s3://foreign/file.wav"}
    with pytest.raises(Foreign, match="another file"):
        desk.hear(steps=Steps())


def test_finished_steps_are_not_done_again(desk):
    desk.hear()
    before = len(desk.service.calls)
    assert len(desk.hear().words) == 3
    assert len(desk.service.calls) == before


def test_a_sandbox_that_lost_its_folder_reads_the_result_again(desk, tmp_path):
    desk.hear()
    desk.workspace = Workspace(tmp_path / "elsewhere" / RUN)
    desk.workspace.save("source.json", desk.source)
    assert len(desk.hear().words) == 3


def test_it_waits_by_polling_and_asks_again_when_told_later(desk):
    desk.service.delay, desk.service.full = 4, 20
    assert len(desk.hear(every=7.0).words) == 3
    assert {every for _, every in desk.steps.waits} == {7.0}
    assert [name for name, _ in desk.steps.waits].count("wait") == 3


def test_no_room_for_too_long_goes_on_without_a_transcript(desk):
    desk.service.full = 10_000
    speech = desk.hear(patience=-1.0)
    assert not speech.words
    assert "no room" in speech.warnings[0]


def test_throttled_questions_are_asked_again(desk):
    engine = desk.engine()
    engine.transcribe_api.meta.events.register("before-call.transcribe.GetTranscriptionJob", Flood(desk.service))
    assert len(engine.transcribe(desk.source, desk.workspace, desk.steps).words) == 3
    assert ("wait", 10.0) in desk.steps.waits


class Flood:
    """Throttles the first two questions, retries included."""

    def __init__(self, service):
        self.service, self.left = service, 2

    def __call__(self, **_):
        if self.left:
            self.left -= 1
            self.service.troubles = [Refused("ThrottlingException", status=400)] * 2


@pytest.mark.parametrize(
    "reason",
    [
        "The media format that you specified doesn't match the detected media format.",
        "Invalid sample rate for audio file.",
        "Unsupported media format.",
        "<b>x</b>\x00\u202e",
    ],
)
def test_a_failed_job_is_a_warning_with_its_reason_not_an_error(desk, reason):
    desk.service.failure = reason
    speech = desk.hear()
    assert not speech.words
    assert "There is no transcript" in speech.warnings[0]
    assert "\x00" not in speech.warnings[0]
    assert "\u202e" not in speech.warnings[0]
    assert reason[:5] in speech.warnings[0]


def test_a_job_that_never_ends_is_given_up(desk):
    desk.service.delay = 10**9
    speech = desk.hear(patience=-1000.0)
    assert "had not ended" in speech.warnings[0]


def test_a_result_that_is_missing_or_huge_or_forbidden_is_a_warning(desk):
    desk.service.put = lambda bucket, key, body: None
    assert "could not be read" in desk.hear().warnings[0]
    desk.service.put = desk.put
    desk.put("outbox", f".work/{RUN}/transcribe.json", b"{}" + b" " * 1000)
    engine = desk.engine()
    engine.store.largest = 100
    assert "could not be read" in engine.transcribe(desk.source, desk.workspace, desk.steps).warnings[0]


def test_what_it_cost_is_told(desk):
    engine = desk.engine()
    engine.transcribe(desk.source, desk.workspace, desk.steps)
    assert engine.spent.dollars == pytest.approx(0.024)


def test_a_configuration_error_is_raised_not_swallowed(desk):
    desk.service.troubles = [Refused("AccessDeniedException", "not allowed", 403)]
    with pytest.raises(Exception, match="not allowed"):
        desk.hear()


MANY = {
    "name": "words_100k",
    "result": {"results": {"items": [item(str(n / 2000), str(n / 2000), "la") for n in range(100_000)]}},
}


def test_every_hostile_document_ends_in_sane_words_or_a_warning(desk, tmp_path):
    for number, case in enumerate([*map(json.loads, HOSTILE.read_text().splitlines()), MANY]):
        result = case["result"]
        desk.service.document = result.encode() if isinstance(result, str) else result
        desk.workspace = Workspace(tmp_path / f"case{number}")
        desk.workspace.audio.write_bytes(b"RIFF")
        desk.workspace.save("source.json", desk.source)
        speech = desk.hear(steps=Steps())
        assert all(0 <= w.start <= w.end <= 60.0 and w.text and w.text.isprintable() for w in speech.words), case[
            "name"
        ]
        assert len(speech.words) <= 60_000, case["name"]
        assert bool(speech.words) == (
            case["name"]
            in {
                "normal",
                "injection_words",
                "html_in_words",
                "text_disagrees_with_items",
                "speaker_labels_weird",
                "channel_labels",
                "confidence_garbage",
                "words_100k",
            }
        ), case["name"]


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<<not json>>",
        b"[]",
        b"{}",
        b'{"results": null}',
        b"[" * 100_000,
        b'{"results": {"items": [{"type": 3}, null, {"start_time": "1e400", "end_time": "NaN"}]}}',
        b"\xff\xfe\x00",
        b'{"results": {"items": "x"}}',
    ],
)
def test_no_document_is_an_exception(desk, document):
    desk.service.document = document
    speech = desk.hear()
    assert not speech.words


UPLOAD = {"direct": True, "source_bucket": "inbox", "source_key": "talk.mov"}


def test_a_video_that_the_service_can_not_open_after_all_is_heard_as_wav(desk):
    desk.service.unreadable = r"talk\.mov$"
    speech = desk.hear(**UPLOAD)
    assert speech.words
    names = [(asked["TranscriptionJobName"], asked["Media"]["MediaFileUri"]) for asked in desk.started]
    assert names == [
        (f"hookline-{RUN}", "s3://inbox/talk.mov"),
        (f"hookline-{RUN}-wav", f"s3://outbox/.work/{RUN}/audio.wav"),
    ]


def test_wav_that_can_not_be_heard_either_is_not_tried_again(desk):
    desk.service.failure = "Nobody speaks."
    speech = desk.hear(**UPLOAD)
    assert (len(desk.started), speech.words) == (2, ())
    assert "Nobody speaks" in speech.warnings[0]


def test_the_words_of_a_wav_do_not_wait_for_the_videos_first_sound(desk):
    desk.service.unreadable = r"talk\.mov$"
    desk.source = desk.source.model_copy(update={"audio_start": 0.4})
    assert desk.hear(**UPLOAD).words[0].start == 0.5
