"""Objects in S3: what lies where, presigned uploads, and writes that the store itself checks.

Keys are immutable. An original is `up/<photo>/<sha256>`; a bundle of an album is `zip/…`; a rendition is `pub/…` or
`priv/…`, which is what the edge goes by: the first is served to anybody, the second with a signature only.
"""

import base64
import contextlib
import hashlib
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

from photos.imaging.renditions import RECIPE_VERSION, Spec
from sharding.rows import ids

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

MISSING = frozenset(("404", "NoSuchKey", "NoSuchUpload", "NotFound"))
PUBLIC, PRIVATE = FOLDERS = ("pub", "priv")
BASES = "priv-base"  # the shelf of what editors start from
WRONG = frozenset(("BadDigest", "InvalidPart"))
DOWNLOAD_SECONDS = 300
IMMUTABLE = "public, max-age=31536000, immutable"


class StorageUnavailable(Exception):
    """S3 did not answer, or answered that it cannot now: try again later."""


class WrongParts(Exception):
    """What is stored are other parts than those that were to be put together."""


class NotStored(Exception):
    """There is no such object."""


@dataclass(frozen=True)
class Stored:
    """What S3 says of an object. `sha256` is hex; empty when the store keeps none.

    Of an object that came in parts it is the checksum of their checksums (multipart.combined_checksum).
    """

    bytes: int
    content_type: str
    sha256: str


def original_key(photo_id: int, sha256: str) -> str:
    """Return where the original of a photo is put."""
    return f"up/{ids.encode(photo_id)}/{sha256}"


def rendition_key(photo_id: int, stamp: str, spec: Spec, *, shelf: str) -> str:
    """Return where a rendition is put. The stamp stands for all that it is made of, so a key never changes.

    A shelf is a folder, or "folder-random": the random part makes keys that nobody knows who knew others.
    """
    folder, dash, rest = shelf.partition("-")
    return f"{folder}/{ids.encode(photo_id)}/{stamp}{dash}{rest}/{spec.name}{spec.suffix}"


def folder_of(*, is_public: bool) -> str:
    """Return the folder, which is the first shelf as well, of files that anybody gets, or of those to be signed."""
    return PUBLIC if is_public else PRIVATE


def is_public(key_or_shelf: str) -> bool:
    """Return whether the edge gives this to anybody."""
    return key_or_shelf.startswith(PUBLIC)


def shelf_of(key: str) -> str:
    """Return the shelf that a rendition's key is on."""
    folder, _, version, _ = key.split("/")
    return "-".join([folder, *version.split("-")[1:]])


def on_shelf(key: str, shelf: str) -> str:
    """Return the key of the same rendition on another shelf."""
    _, pid, version, name = key.split("/")
    folder, dash, rest = shelf.partition("-")
    return f"{folder}/{pid}/{version.partition('-')[0]}{dash}{rest}/{name}"


def stamp_of(sha256: str, edits: str, credit: str = "", *, recipe: int = RECIPE_VERSION) -> str:
    """Return what renditions of this content by this recipe with these edits and this credit are known by.

    Edits and credit are canonical JSON; no credit is empty, and adds nothing.
    """
    made_of = f"{sha256} {recipe} {edits}" + (f" {credit}" if credit else "")
    return hashlib.sha256(made_of.encode()).hexdigest()[:16]


class Patience:
    """How a pod deals with a store that hangs: after one time-out it answers at once, for a while, that it is away.

    A web thread that waits is a page that somebody else does not get. Workers have time and ask every time.
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
    """Return a URL from which a browser saves an object under `name`, for some minutes."""
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
    """Return the same to a web thread, which has no time to wait for a store that hangs."""
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
    """Put an object that never changes, and ask back that it is there whole.

    The store refuses bytes that do not match the checksum. Raises StorageUnavailable.
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
    """Put what a file has from where it stands, in parts when it is large. Raises StorageUnavailable."""
    with _translating(key):
        _client("default").upload_fileobj(file, _bucket(), key, ExtraArgs={"ContentType": content_type})


def copy(source: str, target: str) -> None:
    """Copy an object within the store. Raises NotStored, StorageUnavailable."""
    with _translating(source):
        _client("default").copy_object(
            Bucket=_bucket(), Key=target, CopySource={"Bucket": _bucket(), "Key": source}
        )


def delete(key: str) -> None:
    """Delete an object; one that is not there is as good. Raises StorageUnavailable."""
    with _translating(key):
        _client("default").delete_object(Bucket=_bucket(), Key=key)


def keys_below(prefix: str, *, before: datetime | None = None) -> list[str]:
    """Return the keys that begin with a prefix, of what was written before then. Raises StorageUnavailable."""
    with _translating(prefix):
        pages = _client("default").get_paginator("list_objects_v2").paginate(Bucket=_bucket(), Prefix=prefix)
        found = [stored for page in pages for stored in page.get("Contents", [])]
    return [stored["Key"] for stored in found if before is None or stored["LastModified"] < before]


def open_multipart(key: str, *, content_type: str) -> str:
    """Open an upload in parts and return the store's name for it. Raises StorageUnavailable."""
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
    """Return {number: (bytes, ETag)} of the parts that are stored; empty when the upload is not open (any more)."""
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
    """Return whether parts can still be added. Raises StorageUnavailable."""
    try:
        with _asking(key) as s3:
            s3.list_parts(Bucket=_bucket(), Key=key, UploadId=multipart_id, MaxParts=1)
    except NotStored:
        return False
    return True


def complete_multipart(key: str, multipart_id: str, stored: list[tuple[str, str]]) -> None:
    """Put stored parts, each an (ETag, SHA-256 in hex), together in order, if they are those.

    Raises NotStored when the upload is not open, WrongParts, StorageUnavailable.
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
    """Throw the stored parts of an open upload away; one that is not open is as good. Raises StorageUnavailable."""
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
    """Yield the client for what a web thread asks: short time-outs, and no question to a store that hangs."""
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
