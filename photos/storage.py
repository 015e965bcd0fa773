"""Objects in S3: what lies where, presigned uploads, and writes that the store itself checks.

Keys are immutable. An original is `up/<photo>/<sha256>`; a rendition is `pub/…` or `priv/…`, which is what the edge
goes by: the first is served to anybody, the second with a signature only.
"""

import base64
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.storage import storages

from photos.renditions import RECIPE_VERSION, Spec
from sharding import ids

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

IMMUTABLE = "public, max-age=31536000, immutable"


class StorageUnavailable(Exception):
    """S3 did not answer, or answered that it cannot now: try again later."""


class NotStored(Exception):
    """There is no such object."""


@dataclass(frozen=True)
class Stored:
    """What S3 says of an object. `sha256` is hex; empty when the store keeps none."""

    bytes: int
    content_type: str
    sha256: str


def original_key(photo_id: int, sha256: str) -> str:
    """Return where the original of a photo is put."""
    return f"up/{ids.encode(photo_id)}/{sha256}"


def rendition_key(
    photo_id: int, sha256: str, spec: Spec, *, is_public: bool, recipe: int = RECIPE_VERSION
) -> str:
    """Return where a rendition is put: made of the photo, its content, the recipe and the spec."""
    folder = "pub" if is_public else "priv"
    return f"{folder}/{ids.encode(photo_id)}/{sha256[:16]}/{recipe}/{spec.edge}{spec.suffix}"


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


def stat(key: str) -> Stored:
    """Return size, type and checksum of an object. Raises NotStored, StorageUnavailable."""
    try:
        head = _client("default").head_object(Bucket=_bucket(), Key=key, ChecksumMode="ENABLED")
    except (ClientError, BotoCoreError) as error:
        raise _translated(error, key) from error
    checksum = head.get("ChecksumSHA256", "")
    return Stored(head["ContentLength"], head["ContentType"], base64.b64decode(checksum).hex())


def read(key: str) -> bytes:
    """Return an object's bytes. Raises NotStored, StorageUnavailable."""
    try:
        return _client("default").get_object(Bucket=_bucket(), Key=key)["Body"].read()
    except (ClientError, BotoCoreError) as error:
        raise _translated(error, key) from error


def write(key: str, data: bytes, *, content_type: str, sha256: str) -> None:
    """Put an object that never changes, and ask back that it is there whole.

    The store refuses bytes that do not match the checksum. Raises StorageUnavailable.
    """
    try:
        _client("default").put_object(
            Bucket=_bucket(),
            Key=key,
            Body=data,
            ContentType=content_type,
            CacheControl=IMMUTABLE,
            ChecksumSHA256=_base64_of_hex(sha256),
        )
    except (ClientError, BotoCoreError) as error:
        raise _translated(error, key) from error
    stored = stat(key)
    if (stored.bytes, stored.sha256 or sha256) != (len(data), sha256):
        raise StorageUnavailable(f"{key} was stored with {stored.bytes} bytes, {len(data)} were sent")


def _bucket() -> str:
    return str(_storage("default").bucket_name)


def _storage(name: str) -> Any:
    return storages[name]  # an S3Storage, which ships no types


def _base64_of_hex(digest: str) -> str:
    return base64.b64encode(bytes.fromhex(digest)).decode()


def _translated(error: ClientError | BotoCoreError, key: str) -> Exception:
    if isinstance(error, ClientError) and error.response["Error"]["Code"] in {"404", "NoSuchKey", "NotFound"}:
        return NotStored(key)
    return StorageUnavailable(f"{key}: {error}")
