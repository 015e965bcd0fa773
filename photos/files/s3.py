"""The client of the S3 store: presigned uploads, reads, writes that the store checks, uploads in parts.

How objects are named is in photos.files.keys. Every function raises StorageUnavailable when the store does not answer.
"""

import base64
import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import IO, TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from django.conf import settings
from django.core.files.storage import storages
from django.utils.http import content_disposition_header

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

MISSING = frozenset(("404", "NoSuchKey", "NoSuchUpload", "NotFound"))
WRONG = frozenset(("BadDigest", "InvalidPart"))
DOWNLOAD_SECONDS = 300
IMMUTABLE = "public, max-age=31536000, immutable"


class StorageUnavailable(Exception):
    """S3 did not answer, or answered that it cannot serve now: try again later."""


class WrongParts(Exception):
    """The stored parts are not the ones that were to be put together."""


class NotStored(Exception):
    """There is no such object."""


@dataclass(frozen=True)
class Stored:
    """What S3 says about an object: bytes, media type, and SHA-256 in hex ("" when the store keeps none).

    An object uploaded in parts has the checksum of its parts' checksums (photos.pipeline.multipart.combined_checksum).
    """

    bytes: int
    content_type: str
    sha256: str


class Patience:
    """A circuit breaker for web threads: after one time-out, requests to the store fail at once for a while.

    A web thread that waits for a store that hangs serves no other reader. Workers have time: they ask every time.
    """

    def __init__(self, away_seconds: float = 2.0) -> None:
        self.away_seconds = away_seconds
        self._away_until = 0.0

    def check(self) -> None:
        """Raise StorageUnavailable while the store is taken to be away."""
        if time.monotonic() < self._away_until:
            raise StorageUnavailable("S3 did not answer a moment ago")

    def lose(self) -> None:
        """Take the store to be away from now on."""
        self._away_until = time.monotonic() + self.away_seconds


_patience = Patience()


@cache
def _client(storage: str) -> "S3Client":
    # One client for all threads (botocore's are thread-safe): making one costs a tenth of a second.
    client: S3Client = _storage(storage).connection.meta.client
    return client


def presigned_put(key: str, *, size: int, content_type: str, sha256: str) -> tuple[str, dict[str, str]]:
    """Return (URL, headers) with which exactly these bytes, and nothing else, can be put under `key` once."""
    checksum = _base64_of_hex(sha256)
    url = _client("uploads").generate_presigned_url(
        "put_object",
        Params={
            "Bucket": _bucket(),
            "Key": key,
            "ContentLength": size,
            "ContentType": content_type,
            "ChecksumSHA256": checksum,
            "IfNoneMatch": "*",
        },
        ExpiresIn=settings.UPLOAD_URL_TTL_SECONDS,
    )
    return url, {"Content-Type": content_type, "If-None-Match": "*", "x-amz-checksum-sha256": checksum}


def presigned_download(key: str, *, name: str, content_type: str) -> str:
    """Return a URL, valid for DOWNLOAD_SECONDS, from which a browser saves an object as `name`."""
    return _client("uploads").generate_presigned_url(
        "get_object",
        Params={
            "Bucket": _bucket(),
            "Key": key,
            "ResponseContentDisposition": content_disposition_header(True, name) or "attachment",
            "ResponseContentType": content_type,
        },
        ExpiresIn=DOWNLOAD_SECONDS,
    )


def stat(key: str) -> Stored:
    """Return size, type and checksum of an object. Raises NotStored, StorageUnavailable."""
    with _translating(key):
        return _stored(_client("default"), key)


def ask(key: str) -> Stored:
    """Return the same as `stat`, for a web thread: with short time-outs and the circuit breaker."""
    with _asking(key) as s3:
        return _stored(s3, key)


def _stored(s3: "S3Client", key: str) -> Stored:
    head = s3.head_object(Bucket=_bucket(), Key=key, ChecksumMode="ENABLED")
    checksum = head.get("ChecksumSHA256", "").partition("-")[0]  # "…-3": of three parts
    return Stored(head["ContentLength"], head["ContentType"], base64.b64decode(checksum).hex())


def read(key: str) -> bytes:
    """Return an object's bytes. Raises NotStored, StorageUnavailable."""
    with _translating(key):
        return _client("default").get_object(Bucket=_bucket(), Key=key)["Body"].read()


def write(key: str, data: bytes, *, content_type: str, sha256: str) -> None:
    """Put an object that never changes, then ask the store for its size and checksum.

    The store refuses bytes that do not match the checksum. The HEAD afterwards proves, also for a store that ignores
    checksums, that the whole object is there before a row refers to it. Raises StorageUnavailable.
    """
    with _translating(key):
        _client("default").put_object(
            Bucket=_bucket(),
            Key=key,
            Body=data,
            ContentType=content_type,
            CacheControl=IMMUTABLE,
            ChecksumSHA256=_base64_of_hex(sha256),
        )
    stored = stat(key)
    if (stored.bytes, stored.sha256 or sha256) != (len(data), sha256):
        raise StorageUnavailable(f"{key} was stored with {stored.bytes} bytes, {len(data)} were sent")


def write_file(key: str, file: IO[bytes], *, content_type: str) -> None:
    """Put the rest of an open file from its position, in parts when it is large. Raises StorageUnavailable."""
    with _translating(key):
        _client("default").upload_fileobj(file, _bucket(), key, ExtraArgs={"ContentType": content_type})


def copy(source: str, target: str) -> None:
    """Copy an object within the store. Raises NotStored, StorageUnavailable."""
    with _translating(source):
        _client("default").copy_object(
            Bucket=_bucket(), Key=target, CopySource={"Bucket": _bucket(), "Key": source}
        )


def delete(key: str) -> None:
    """Delete an object; do nothing when there is none. Raises StorageUnavailable."""
    with _translating(key):
        _client("default").delete_object(Bucket=_bucket(), Key=key)


def keys_below(prefix: str, *, before: datetime | None = None) -> list[str]:
    """Return the keys that begin with `prefix`, only of objects written before `before` if given.

    Raises StorageUnavailable.
    """
    with _translating(prefix):
        pages = _client("default").get_paginator("list_objects_v2").paginate(Bucket=_bucket(), Prefix=prefix)
        objects = [stored for page in pages for stored in page.get("Contents", [])]
    return [stored["Key"] for stored in objects if before is None or stored["LastModified"] < before]


def open_multipart(key: str, *, content_type: str) -> str:
    """Open an upload in parts and return the store's id for it. Raises StorageUnavailable."""
    with _asking(key) as s3:
        opened = s3.create_multipart_upload(
            Bucket=_bucket(), Key=key, ContentType=content_type, ChecksumAlgorithm="SHA256"
        )
        return opened["UploadId"]


def presigned_part(
    key: str, multipart_id: str, number: int, *, size: int, sha256: str
) -> tuple[str, dict[str, str]]:
    """Return (URL, headers) with which exactly these bytes can be put as one part."""
    checksum = _base64_of_hex(sha256)
    url = _client("uploads").generate_presigned_url(
        "upload_part",
        Params={
            "Bucket": _bucket(),
            "Key": key,
            "UploadId": multipart_id,
            "PartNumber": number,
            "ContentLength": size,
            "ChecksumSHA256": checksum,
        },
        ExpiresIn=settings.UPLOAD_URL_TTL_SECONDS,
    )
    return url, {"x-amz-checksum-sha256": checksum}


def stored_parts(key: str, multipart_id: str) -> dict[int, tuple[int, str]]:
    """Return {number: (bytes, ETag)} of the stored parts; empty when the upload is not open.

    Raises StorageUnavailable.
    """
    try:
        with _asking(key) as s3:
            pages = s3.get_paginator("list_parts").paginate(Bucket=_bucket(), Key=key, UploadId=multipart_id)
            return {
                part["PartNumber"]: (part["Size"], part["ETag"])
                for page in pages
                for part in page.get("Parts", [])
            }
    except NotStored:
        return {}


def is_multipart_open(key: str, multipart_id: str) -> bool:
    """Return whether parts can still be added to the upload. Raises StorageUnavailable."""
    try:
        with _asking(key) as s3:
            s3.list_parts(Bucket=_bucket(), Key=key, UploadId=multipart_id, MaxParts=1)
    except NotStored:
        return False
    return True


def complete_multipart(key: str, multipart_id: str, stored: list[tuple[str, str]]) -> None:
    """Join the stored parts, each an (ETag, SHA-256 in hex), in order.

    Raises NotStored when the upload is not open, WrongParts when other parts are stored, StorageUnavailable.
    """
    parts: list[CompletedPartTypeDef] = [
        {"PartNumber": number, "ETag": etag, "ChecksumSHA256": _base64_of_hex(sha256)}
        for number, (etag, sha256) in enumerate(stored, 1)
    ]
    with _asking(key) as s3:
        s3.complete_multipart_upload(
            Bucket=_bucket(), Key=key, UploadId=multipart_id, MultipartUpload={"Parts": parts}
        )


def abort_multipart(key: str, multipart_id: str) -> None:
    """Discard the stored parts of an open upload; do nothing when it is not open. Raises StorageUnavailable."""
    with contextlib.suppress(NotStored), _asking(key) as s3:
        s3.abort_multipart_upload(Bucket=_bucket(), Key=key, UploadId=multipart_id)


@contextlib.contextmanager
def _translating(key: str) -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise _translated(error, key) from error


@contextlib.contextmanager
def _asking(key: str) -> Iterator["S3Client"]:
    """Yield the client for web threads: short time-outs, and no request while the circuit breaker is open."""
    _patience.check()
    with _translating(key):
        try:
            yield _client("asking")
        except (ReadTimeoutError, ConnectTimeoutError, EndpointConnectionError):
            _patience.lose()
            raise


def _bucket() -> str:
    return str(_storage("default").bucket_name)


def _storage(name: str) -> Any:
    return storages[name]  # an S3Storage, which ships no types


def _base64_of_hex(digest: str) -> str:
    return base64.b64encode(bytes.fromhex(digest)).decode()


def _translated(error: ClientError | BotoCoreError, key: str) -> Exception:
    if isinstance(error, ClientError) and error.response["Error"]["Code"] in MISSING:
        return NotStored(key)
    if isinstance(error, ClientError) and error.response["Error"]["Code"] in WRONG:
        return WrongParts(key)
    return StorageUnavailable(f"{key}: {error}")
