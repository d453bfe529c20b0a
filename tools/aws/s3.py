"""A bucket as the object store: put once, verify always, hand out for a quarter of an hour."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from tools.aws.clients import client, code
from tools.files.whole import whole
from tools.ports import plain
from tools.text import clean
from tools.troubles import Refusal

LARGEST = 4 << 30
"""Bytes of a video that is fetched."""
KEY_BYTES = 1024
"""Bytes of UTF-8 in a key, by S3's documentation."""
WHOLE = 64 << 20
"""Bytes up to which a file is put in one request; each part of a larger one is this long."""
TRIES = 5
"""Times a body is taken up again where it broke off, or a write that met another is tried."""
LINK_SECONDS = 900
CHUNK = 1 << 20
PART, HANDS = 8 << 20, 8
"""Bytes of a part of a large object, and how many parts are fetched at once."""
SUM = "sha256"
"""Name of the object's metadata that holds the SHA-256 of all its bytes, in hex."""


class Pin(NamedTuple):
    """One exact state of an object; what is fetched later is this or an error."""

    etag: str
    size: int
    version: str | None = None


@dataclass
class S3:
    """Objects of ``bucket`` below ``prefix``; keys are given and answered without it."""

    bucket: str
    prefix: str = ""
    kms_key: str | None = None
    """Id or ARN of the key that encrypts what is put; None for the bucket's own default."""
    region: str | None = None
    largest: int = LARGEST
    whole: int = WHOLE
    pins: dict[str, Pin] = field(default_factory=dict)
    """States to fetch, by key; see ``pin``."""
    api: Any = None
    pause: float = 0.5
    page: int = 1000
    """Names asked for at once, 1000 at most."""
    foreign: bool = False
    """Whether keys were named by others, as uploads are: then whatever S3 takes; else plain names between single slashes, as in a folder."""

    @cached_property
    def s3(self) -> Any:
        # Else links and forms name the global host, which sends those of a region since 2019 away, and of a new bucket.
        elsewhere = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        style = {"addressing_style": "auto" if elsewhere else "virtual"}
        return self.api or client("s3", self.region, signature_version="s3v4", s3=style)

    # --- fetching ---------------------------------------------------------------------------------------------------

    def pin(self, key: str) -> Pin:
        """The object's state now; every later ``fetch`` of ``key`` gives this one."""
        with _told(key):
            head = self.s3.head_object(Bucket=self.bucket, Key=self._full(key))
        self.pins[key] = Pin(head["ETag"], head["ContentLength"], _version(head))
        return self.pins[key]

    def about(self, key: str, version: str | None = None) -> dict[str, str]:
        """What the uploader wrote on the object, by names in small letters.  Raises ``FileNotFoundError``."""
        with _told(key):
            head = self.s3.head_object(
                Bucket=self.bucket, Key=self._full(key), **({"VersionId": version} if version else {})
            )
        return {name.lower(): value for name, value in head.get("Metadata", {}).items()}

    def fetch(self, key: str, into: Path) -> None:
        """Copy the object to ``into``, whole or not at all.

        Raises ``FileNotFoundError`` for what is not there, and ``Refusal`` for what is too large or has changed since
        it was pinned.
        """
        into.parent.mkdir(parents=True, exist_ok=True)
        with whole(into) as part, part.open("w+b") as file, _told(key):
            self._copy(key, file)

    def read(self, key: str, start: int, end: int) -> bytes:
        """Bytes ``start`` to ``end``, ``end`` left out, of the state that is pinned; of the state now where none is.

        Raises ``FileNotFoundError``, ``Refusal`` for an object that was replaced, and ``ConnectionError``.
        """
        pin = self.pins.get(key) or self.pin(key)
        found = bytearray()
        for attempt in range(TRIES):
            if len(found) >= end - start:
                break
            first = start + len(found)
            with _told(key):
                answer = self.s3.get_object(**self._asked(key, pin), Range=f"bytes={first}-{end - 1}")
            if not str(answer.get("ContentRange", "")).startswith(f"bytes {first}-"):
                raise ConnectionError(f"bytes {first} to {end} of {clean(key, 80)} were asked for and others came")
            with self._again(key, attempt):
                for chunk in answer["Body"].iter_chunks(CHUNK):
                    found += chunk
        if len(found) != end - start:
            raise ConnectionError(f"{end - start} bytes of {clean(key, 80)} were asked for and {len(found)} came")
        return bytes(found)

    def _copy(self, key: str, file: Any) -> None:
        """All bytes, taken up again where a body broke off, and checked against the sum that came with them."""
        pin = self.pins.get(key)
        if pin and pin.size > 2 * PART:
            self._copy_parts(key, pin, file)
            return
        digest, done, size, told = hashlib.sha256(), 0, 0, ""
        for attempt in range(TRIES):
            asked: dict[str, Any] = self._asked(key, pin)
            if done:
                asked["Range"] = f"bytes={done}-"
            answer = self.s3.get_object(**asked)
            if pin is None:
                pin = Pin(answer["ETag"], answer["ContentLength"], _version(answer))
            told = answer.get("Metadata", {}).get(SUM, "") or told
            size = pin.size
            self._fits(key, max(size, done + answer["ContentLength"]))
            with self._again(key, attempt):
                for chunk in answer["Body"].iter_chunks(CHUNK):
                    done += len(chunk)
                    self._fits(key, done)
                    digest.update(chunk)
                    file.write(chunk)
            if done == size:
                break
        if done != size:
            raise ConnectionError(f"{clean(key, 80)} should have {size} bytes and {done} came")
        _same_sum(key, told, digest)

    def _copy_parts(self, key: str, pin: Pin, file: Any) -> None:
        """The same in parts, several at once: one connection to S3 gives a fraction of what a function can take."""
        self._fits(key, pin.size)
        told = self.s3.head_object(**self._asked(key, pin)).get("Metadata", {}).get(SUM, "")

        def part(start: int) -> None:
            os.pwrite(file.fileno(), self.read(key, start, min(start + PART, pin.size)), start)

        with ThreadPoolExecutor(HANDS) as pool:
            for _ in pool.map(part, range(0, pin.size, PART)):
                pass
        if told:
            file.seek(0)
            _same_sum(key, told, hashlib.file_digest(file, "sha256"))

    def _asked(self, key: str, pin: Pin | None) -> dict[str, Any]:
        asked: dict[str, Any] = {"Bucket": self.bucket, "Key": self._full(key)}
        if pin:
            asked |= {"IfMatch": pin.etag} | ({"VersionId": pin.version} if pin.version else {})
        return asked

    @contextlib.contextmanager
    def _again(self, key: str, attempt: int) -> Iterator[None]:
        """A body that breaks off within is waited for and forgiven, but for the last attempt."""
        from botocore.exceptions import HTTPClientError, IncompleteReadError, ReadTimeoutError, ResponseStreamingError
        from urllib3.exceptions import HTTPError

        broken = (IncompleteReadError, ReadTimeoutError, ResponseStreamingError, HTTPClientError, HTTPError, ConnectionError)  # fmt: skip
        try:
            yield
        except broken as error:
            if attempt == TRIES - 1:
                raise ConnectionError(f"the download of {clean(key, 80)} broke off {TRIES} times") from error
            time.sleep(self.pause * attempt)

    def _fits(self, key: str, size: int) -> None:
        if size > self.largest:
            raise Refusal(
                "too_large",
                f"{clean(key, 80)} has {size} bytes or more; {self.largest} are the most. Export it smaller.",
            )

    # --- putting ----------------------------------------------------------------------------------------------------

    def put(self, key: str, path: Path, media_type: str) -> str:
        """Publish a file under ``key`` unless it is there with the same bytes; its SHA-256 in hex.

        Nobody sees a part of it.  Raises ``FileExistsError`` when other bytes are there, and ``PermissionError``.
        """
        full = self._full(key)
        total, parts = _sums(path, self.whole)
        sha = total.hex()
        about: dict[str, Any] = {"Bucket": self.bucket, "Key": full, "ContentType": media_type, "Metadata": {SUM: sha}}
        if self.kms_key:
            about |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.kms_key, "BucketKeyEnabled": True}
        for attempt in range(TRIES):
            try:
                if len(parts) > 1:
                    self._put_parts(path, about, parts)
                else:
                    with path.open("rb") as file:
                        self.s3.put_object(**about, Body=file, IfNoneMatch="*", ChecksumSHA256=_text(total))
                return sha
            except self.s3.exceptions.ClientError as error:
                if code(error) in ("PreconditionFailed", "412"):
                    return self._same(key, sha, path.stat().st_size)
                if code(error) in ("AccessDenied", "403"):
                    raise PermissionError(
                        f"writing {clean(key, 120)} to {self.bucket} is not allowed; the role needs s3:PutObject there, "
                        "and kms:GenerateDataKey and kms:Decrypt on the key"
                    ) from error
                if code(error) not in ("ConditionalRequestConflict", "409") or attempt == TRIES - 1:
                    raise
                time.sleep(self.pause * attempt)
        raise AssertionError("the last attempt returns or raises")

    def _put_parts(self, path: Path, about: dict[str, Any], sums: list[bytes]) -> None:
        place = {"Bucket": about["Bucket"], "Key": about["Key"]}
        upload = self.s3.create_multipart_upload(**about, ChecksumAlgorithm="SHA256")["UploadId"]
        done = []
        try:
            with path.open("rb") as file:
                for number, total in enumerate(sums, 1):
                    part = self.s3.upload_part(
                        **place,
                        UploadId=upload,
                        PartNumber=number,
                        Body=file.read(self.whole),
                        ChecksumSHA256=_text(total),
                    )
                    done.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumSHA256": _text(total)})
            self.s3.complete_multipart_upload(
                **place, UploadId=upload, MultipartUpload={"Parts": done}, IfNoneMatch="*"
            )
        except BaseException:
            with contextlib.suppress(Exception):
                self.s3.abort_multipart_upload(**place, UploadId=upload)
            raise

    def _same(self, key: str, sha: str, size: int) -> str:
        """``sha`` if that is what lies under ``key``; an object that does not tell its sum is read."""
        head = self.s3.head_object(Bucket=self.bucket, Key=self._full(key), ChecksumMode="ENABLED")
        there = head.get("Metadata", {}).get(SUM)
        if head["ContentLength"] == size and there is None:
            body = self.s3.get_object(Bucket=self.bucket, Key=self._full(key), IfMatch=head["ETag"])["Body"]
            digest = hashlib.sha256()
            for chunk in body.iter_chunks(CHUNK):
                digest.update(chunk)
            there = digest.hexdigest()
        if head["ContentLength"] != size or there != sha:
            raise FileExistsError(f"{clean(key, 120)} is there with other bytes, and nothing is overwritten")
        return sha

    # --- removing ---------------------------------------------------------------------------------------------------

    def remove(self, prefix: str) -> int:
        """Delete all below the folder ``prefix``: every version, and what an upload that broke off left; how many there were.

        Raises ``PermissionError`` where only the bucket's owner may.
        """
        if not prefix.strip("/"):
            raise ValueError("name a folder; a bucket is never emptied whole")
        below = self._full(prefix.strip("/")) + "/"
        with _told(below):
            pages = self.s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=below)
            found = [
                {"Key": each["Key"], "VersionId": each["VersionId"]}
                for page in pages
                for each in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            ]
            for at in range(0, len(found), 1000):
                asked = {"Objects": found[at : at + 1000], "Quiet": True}
                _deleted(self.s3.delete_objects(Bucket=self.bucket, Delete=asked).get("Errors", []))
            for page in self.s3.get_paginator("list_multipart_uploads").paginate(Bucket=self.bucket, Prefix=below):
                for upload in page.get("Uploads", []):
                    self.s3.abort_multipart_upload(Bucket=self.bucket, Key=upload["Key"], UploadId=upload["UploadId"])
        return len(found)

    # --- showing ----------------------------------------------------------------------------------------------------

    def names(self, prefix: str) -> list[str]:
        """Keys below the folder ``prefix``, sorted; all for an empty one."""
        below = self.prefix + (prefix if not prefix or prefix.endswith("/") else prefix + "/")
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=below, MaxKeys=self.page)
        return sorted(item["Key"][len(self.prefix) :] for page in pages for item in page.get("Contents", []))

    def link(self, place: str, name: str, seconds: int = LINK_SECONDS) -> str:
        """An address from which anyone who holds it may download one file of the run at ``place``, for a quarter of an hour at most.

        It is a secret: it goes to who asked, and into no log, row or prompt.
        """
        if not place.strip("/") or "/" in name or name in ("", ".", "..") or ".." in place.split("/"):
            raise PermissionError(f"{clean(name, 80)} is not a file of this run")
        shown = re.sub(r"[^A-Za-z0-9._-]", "_", name)[-100:]
        asked = {
            "Bucket": self.bucket,
            "Key": self._full(f"{place.rstrip('/')}/{name}"),
            "ResponseContentDisposition": f'attachment; filename="{shown}"',
        }
        return self.s3.generate_presigned_url("get_object", Params=asked, ExpiresIn=max(1, min(seconds, LINK_SECONDS)))

    def form(self, key: str, about: dict[str, str], seconds: int = LINK_SECONDS) -> dict[str, Any]:
        """``url`` and ``fields`` of a form by which one object may be put under ``key``, with ``about`` written on it.

        It is a secret, as a link is.
        """
        fields = {f"x-amz-meta-{name}": value for name, value in about.items()}
        rules: list[Any] = [{name: value} for name, value in fields.items()]
        rules.append(["content-length-range", 1, self.largest])
        made: dict[str, Any] = self.s3.generate_presigned_post(
            self.bucket, self._full(key), fields, rules, ExpiresIn=max(1, min(seconds, LINK_SECONDS))
        )
        return {"url": made["url"], "fields": made["fields"], "expires_in": max(1, min(seconds, LINK_SECONDS))}

    def objects(self, prefix: str, most: int = 1000) -> list[dict[str, Any]]:
        """``key``, ``size``, ``etag`` and ``added`` of what lies below the folder ``prefix``, newest first."""
        below = self.prefix + (prefix if not prefix or prefix.endswith("/") else prefix + "/")
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=below, MaxKeys=self.page)
        found = [item for page in pages for item in page.get("Contents", [])]
        return [
            {
                "key": item["Key"][len(self.prefix) :],
                "size": item["Size"],
                "etag": item["ETag"].strip('"'),
                "added": item["LastModified"].isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            }
            for item in sorted(found, key=lambda item: item["LastModified"], reverse=True)[:most]
        ]

    def _full(self, key: str) -> str:
        full = self.prefix + key
        if not key or len(full.encode("utf-8", "surrogatepass")) > KEY_BYTES:
            raise ValueError(
                f"a key has 1 to {KEY_BYTES} bytes with its prefix; this one has {len(full.encode('utf-8', 'surrogatepass'))}"
            )
        if not self.foreign and not all(map(plain, key.split("/"))):
            raise ValueError(
                f"{key!r:.200} can't be a key: give names between single slashes, none of them empty, '.' or '..', and no control characters"
            )
        return full


@contextlib.contextmanager
def _told(key: str) -> Iterator[None]:
    """S3's refusals of a read as the errors that the port names."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        shown = clean(key, 120)
        if code(error) in ("NoSuchKey", "NoSuchVersion", "404"):
            raise FileNotFoundError(f"{shown} is not there") from error
        if code(error) in ("PreconditionFailed", "412"):
            raise Refusal(
                "changed", f"{shown} was replaced while it was read. Upload it again and wait for its own run."
            ) from error
        if code(error) in ("AccessDenied", "403"):
            raise PermissionError(f"reading {shown} is not allowed") from error
        raise


def _deleted(errors: list[dict[str, Any]]) -> None:
    """Nothing, where all of a batch was deleted; S3 answers 200 whatever became of each object."""
    if not errors:
        return
    first = f"{len(errors)} objects were not deleted, first {clean(errors[0].get('Key'), 120)}: {errors[0].get('Code')}"
    if any(error.get("Code") == "AccessDenied" for error in errors):
        raise PermissionError(first)
    raise ConnectionError(first)


def _version(answer: dict[str, Any]) -> str | None:
    """The version to ask for again; a bucket without versions has none, or ``null``."""
    found = answer.get("VersionId")
    return found if found and found != "null" else None


def _sums(path: Path, part: int) -> tuple[bytes, list[bytes]]:
    """The SHA-256 of a file, and of each of its parts."""
    total, parts = hashlib.sha256(), list[bytes]()
    with path.open("rb") as file:
        while True:
            piece, left = hashlib.sha256(), part
            while left and (chunk := file.read(min(CHUNK, left))):
                total.update(chunk)
                piece.update(chunk)
                left -= len(chunk)
            if left < part or not parts:
                parts.append(piece.digest())
            if left:
                return total.digest(), parts


def _same_sum(key: str, told: str, digest: Any) -> None:
    if told and told != digest.hexdigest():
        raise ConnectionError(f"the bytes of {clean(key, 80)} do not have the SHA-256 that was stored with them")


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
