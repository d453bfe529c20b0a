"""The bucket as object store, over moto and what moto lets pass."""

import hashlib
import os
import urllib.parse

import pytest

from tests.fakes.buckets import Strict, account
from tools.aws.clients import client
from tools.aws.s3 import S3
from tools.ports import ObjectStore
from tools.troubles import NotReady, Refusal

pytestmark = pytest.mark.aws


@pytest.fixture
def api():
    with account():
        made = client("s3", "us-east-1", attempts=3, signature_version="s3v4")
        made.create_bucket(Bucket="outbox")
        made.put_bucket_versioning(Bucket="outbox", VersioningConfiguration={"Status": "Enabled"})
        yield made


@pytest.fixture
def strict(api):
    return Strict(api)


@pytest.fixture
def store(api, strict):
    return S3("outbox", prefix="p/", api=api, pause=0.0)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "promo.mp4"
    path.write_bytes(os.urandom(300_000))
    return path


def test_it_is_an_object_store(store):
    assert isinstance(store, ObjectStore)


def test_what_is_put_is_fetched_byte_for_byte(store, file, tmp_path):
    sha = store.put("talk/run/promo.mp4", file, "video/mp4")
    store.fetch("talk/run/promo.mp4", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == file.read_bytes()
    assert sha == hashlib.sha256(file.read_bytes()).hexdigest()


def test_the_same_bytes_again_are_no_second_version(store, api, file):
    assert store.put("a/b", file, "video/mp4") == store.put("a/b", file, "video/mp4")
    assert len(api.list_object_versions(Bucket="outbox")["Versions"]) == 1


def test_other_bytes_under_a_name_are_refused_and_nothing_is_overwritten(store, file, tmp_path):
    store.put("a/b", file, "video/mp4")
    other = tmp_path / "other"
    other.write_bytes(file.read_bytes()[:-1] + b"!")
    with pytest.raises(FileExistsError, match="a/b"):
        store.put("a/b", other, "video/mp4")
    store.fetch("a/b", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == file.read_bytes()


def test_an_object_that_does_not_tell_its_sum_is_read_and_compared(store, api, file, tmp_path):
    api.put_object(Bucket="outbox", Key="p/a/b", Body=file.read_bytes())
    assert store.put("a/b", file, "video/mp4")
    api.put_object(Bucket="outbox", Key="p/a/c", Body=file.read_bytes()[::-1])
    with pytest.raises(FileExistsError):
        store.put("a/c", file, "video/mp4")


def test_every_put_is_conditional_summed_and_encrypted(api, strict, file):
    S3("outbox", kms_key="alias/hookline", api=api).put("k", file, "text/plain")
    asked = next(params for name, params in strict.calls if name == "PutObject")
    assert asked["IfNoneMatch"] == "*"
    assert asked["ServerSideEncryption"] == "aws:kms"
    assert asked["SSEKMSKeyId"] == "alias/hookline"
    assert asked["ChecksumSHA256"]
    assert api.head_object(Bucket="outbox", Key="k")["ContentType"] == "text/plain"


def test_a_large_file_goes_in_parts_and_is_as_safe(api, strict, tmp_path):
    store = S3("outbox", api=api, whole=5 << 20, pause=0.0)
    path = tmp_path / "large"
    path.write_bytes(os.urandom((5 << 20) * 2 + 7))
    sha = store.put("large", path, "video/mp4")
    assert [name for name, _ in strict.calls].count("UploadPart") == 3
    store.fetch("large", tmp_path / "back")
    assert hashlib.sha256((tmp_path / "back").read_bytes()).hexdigest() == sha
    assert store.put("large", path, "video/mp4") == sha
    path.write_bytes(path.read_bytes()[::-1])
    with pytest.raises(FileExistsError):
        store.put("large", path, "video/mp4")
    assert "Uploads" not in api.list_multipart_uploads(Bucket="outbox")


def test_a_part_that_fails_leaves_no_upload_behind(api, strict, tmp_path):
    path = tmp_path / "large"
    path.write_bytes(bytes(11 << 20))
    strict.troubles = [("UploadPart", 403, "AccessDenied")]
    with pytest.raises(PermissionError, match="needs s3:PutObject"):
        S3("outbox", api=api, whole=5 << 20).put("large", path, "video/mp4")
    assert "Uploads" not in api.list_multipart_uploads(Bucket="outbox")
    assert S3("outbox", api=api).names("") == []


@pytest.mark.parametrize("size", [0, 1, (5 << 20) - 1, 5 << 20, (5 << 20) + 1, 10 << 20])
def test_files_of_every_size_around_a_part_arrive_whole(api, tmp_path, size):
    path = tmp_path / "f"
    path.write_bytes(os.urandom(size))
    store = S3("outbox", api=api, whole=5 << 20)
    sha = store.put("f", path, "video/mp4")
    store.fetch("f", tmp_path / "back")
    assert hashlib.sha256((tmp_path / "back").read_bytes()).hexdigest() == sha


@pytest.mark.parametrize(
    ("status", "code"), [(503, "SlowDown"), (500, "InternalError"), (409, "ConditionalRequestConflict")]
)
def test_a_passing_trouble_is_tried_again(store, strict, file, status, code):
    strict.troubles = [("PutObject", status, code)] * 2
    store.put("k", file, "video/mp4")
    assert store.names("") == ["k"]


def test_a_put_whose_answer_was_lost_is_found_to_be_done(store, strict, api, file):
    strict.troubles = [("PutObject", 0, "")]
    assert store.put("k", file, "video/mp4")
    assert len(api.list_object_versions(Bucket="outbox")["Versions"]) == 1


def test_a_refusal_is_not_tried_again(store, strict, file):
    strict.troubles = [("PutObject", 403, "AccessDenied")] * 2
    with pytest.raises(PermissionError, match="needs s3:PutObject"):
        store.put("k", file, "video/mp4")
    assert len(strict.troubles) == 1
    assert store.names("") == []


def test_a_body_that_breaks_off_is_taken_up_where_it_ended(store, strict, file, tmp_path):
    store.put("k", file, "video/mp4")
    strict.breaks = [100_000, 0, 50_000]
    store.fetch("k", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == file.read_bytes()
    asked = [params for name, params in strict.calls if name == "GetObject"]
    assert [params.get("Range") for params in asked] == [None, "bytes=100000-", "bytes=100000-", "bytes=150000-"]
    assert all("IfMatch" in params for params in asked[1:])


def test_a_download_that_never_ends_well_leaves_nothing(store, strict, file, tmp_path):
    store.put("k", file, "video/mp4")
    strict.breaks = [10] * 9
    with pytest.raises(ConnectionError, match="broke off"):
        store.fetch("k", tmp_path / "into" / "back")
    assert list((tmp_path / "into").iterdir()) == []


def test_bytes_that_are_not_those_that_were_put_are_noticed(store, api, file, tmp_path):
    store.put("k", file, "video/mp4")
    api.put_object(Bucket="outbox", Key="p/k", Body=b"x", Metadata={"sha256": "0" * 64})
    with pytest.raises(ConnectionError, match="SHA-256"):
        store.fetch("k", tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_the_version_that_was_pinned_is_fetched_though_another_came(store, api, file, tmp_path):
    store.put("k", file, "video/mp4")
    store.pin("k")
    api.put_object(Bucket="outbox", Key="p/k", Body=b"newer")
    store.fetch("k", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == file.read_bytes()


def test_without_versions_a_replaced_object_is_refused(api, file, tmp_path):
    api.create_bucket(Bucket="plain")
    store = S3("plain", api=api)
    store.put("k", file, "video/mp4")
    store.pin("k")
    api.put_object(Bucket="plain", Key="k", Body=b"newer")
    with pytest.raises(Refusal, match="replaced"):
        store.fetch("k", tmp_path / "back")


def test_what_is_not_there_is_told_as_such(store, tmp_path):
    with pytest.raises(FileNotFoundError):
        store.fetch("nothing", tmp_path / "back")
    with pytest.raises(FileNotFoundError):
        store.pin("nothing")


def test_what_is_forbidden_is_told_as_such(store, strict, tmp_path):
    strict.troubles = [("GetObject", 403, "AccessDenied")]
    with pytest.raises(PermissionError):
        store.fetch("k", tmp_path / "back")


def test_an_object_over_the_cap_is_refused_before_its_bytes_are_read(api, file, tmp_path):
    S3("outbox", api=api).put("k", file, "video/mp4")
    with pytest.raises(Refusal, match="are the most"):
        S3("outbox", api=api, largest=1000).fetch("k", tmp_path / "into" / "back")
    assert list((tmp_path / "into").iterdir()) == []


def test_a_removed_folder_leaves_no_version_and_no_broken_upload(store, api, file):
    for key in ("p/talk/1a/run.json", "p/talk/1ab/run.json", "elsewhere/talk/1a/run.json"):
        for body in (b"one", b"two"):
            api.put_object(Bucket="outbox", Key=key, Body=body)
    api.delete_object(Bucket="outbox", Key="p/talk/1a/run.json")
    api.create_multipart_upload(Bucket="outbox", Key="p/talk/1a/promo.mp4")
    assert store.remove("talk/1a") == 3
    left = api.list_object_versions(Bucket="outbox")
    assert {each["Key"] for each in left["Versions"]} == {"p/talk/1ab/run.json", "elsewhere/talk/1a/run.json"}
    assert "DeleteMarkers" not in left
    assert "Uploads" not in api.list_multipart_uploads(Bucket="outbox")


def test_who_may_not_delete_is_told_and_a_bucket_is_never_emptied_whole(store, strict, file):
    store.put("talk/1a/run.json", file, "application/json")
    strict.troubles.append(("ListObjectVersions", 403, "AccessDenied"))
    with pytest.raises(PermissionError):
        store.remove("talk/1a")
    for everything in ("", "/"):
        with pytest.raises(ValueError, match="name a folder"):
            store.remove(everything)
    assert store.names("talk") == ["talk/1a/run.json"]


def test_names_are_sorted_and_of_one_folder(store, file):
    for key in ("run/b", "run/a", "run2/c", "ä/z", "run/😀"):
        store.put(key, file, "video/mp4")
    assert store.names("run") == ["run/a", "run/b", "run/😀"]
    assert store.names("run/") == store.names("run")
    assert store.names("") == sorted(["run/b", "run/a", "run2/c", "ä/z", "run/😀"])
    assert store.names("nothing") == []


def test_more_names_than_a_page_are_all_told(api):
    for number in range(7):
        api.put_object(Bucket="outbox", Key=f"m/{number:04d}", Body=b"")
    assert len(S3("outbox", api=api, page=2).names("m")) == 7


def test_a_key_that_s3_would_refuse_is_refused_here(store, file):
    with pytest.raises(ValueError, match="1024"):
        store.put("é" * 512, file, "video/mp4")
    with pytest.raises(ValueError, match="1024"):
        store.put("", file, "video/mp4")


def test_a_link_lasts_a_quarter_of_an_hour_and_is_saved_not_shown(store):
    link = store.link("talk/run", 'promo "x".mp4', seconds=99_999)
    asked = urllib.parse.parse_qs(urllib.parse.urlsplit(link).query)
    assert asked["X-Amz-Expires"] == ["900"]
    assert asked["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert asked["response-content-disposition"] == ['attachment; filename="promo__x_.mp4"']
    assert "/p/talk/run/promo" in urllib.parse.unquote(link)


@pytest.mark.parametrize(
    ("place", "name"),
    [("", "k"), ("/", "k"), ("run", "../other/k"), ("run", ".."), ("run", ""), ("run/..", "k"), ("run", "a/b")],
)
def test_a_link_leads_nowhere_but_to_a_file_of_the_run(store, place, name):
    with pytest.raises(PermissionError):
        store.link(place, name)


def test_missing_credentials_are_told_with_what_to_do(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(NotReady, match="credentials"):
        client("s3", "us-east-1")
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    with pytest.raises(NotReady, match="AWS_REGION"):
        client("transcribe")
