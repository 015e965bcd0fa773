"""Amazon CloudFront in place of the local edge: addresses that it checks, and telling it to forget.

A signature costs a fraction of a millisecond, and a grid has hundreds of addresses. So one is made for a folder (all
files of one version of a photo) by a custom policy with a wildcard, and kept as long as it is given out."""

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.storage import storages

KEPT = 8192
PATHS_AT_ONCE = 1000  # CloudFront takes 3,000 at a time


class NotInvalidated(Exception):
    """CloudFront did not take the request: try again later."""


def signed_path(path: str, expires: int) -> str:
    """Return `path` with what lets CloudFront give it away until `expires` (unix seconds)."""
    folder = path.rpartition("/")[0]
    return f"{path}?{_signature(settings.CDN_URL + folder, expires)}"


def invalidate(paths: Iterable[str]) -> None:
    """Make CloudFront forget these; whole folders where several files of one go. Raises NotInvalidated."""
    wanted = sorted(_merged(list(paths)))
    for start in range(0, len(wanted), PATHS_AT_ONCE):
        some = wanted[start : start + PATHS_AT_ONCE]
        try:
            _client().create_invalidation(
                DistributionId=settings.CLOUDFRONT_DISTRIBUTION_ID,
                InvalidationBatch={
                    "Paths": {"Quantity": len(some), "Items": some},
                    "CallerReference": secrets.token_hex(16),
                },
            )
        except (BotoCoreError, ClientError) as error:
            raise NotInvalidated(str(error)) from error


@lru_cache(maxsize=KEPT)
def _signature(folder_url: str, expires: int) -> str:
    signer: Any = _storage().cloudfront_signer
    url = f"{folder_url}/*"
    policy = signer.build_policy(url, datetime.fromtimestamp(expires, UTC))
    signed: str = signer.generate_presigned_url(url, policy=policy)
    return urlsplit(signed).query


def _merged(paths: list[str]) -> set[str]:
    folders = [path.rpartition("/")[0] for path in paths]
    return {
        f"{folder}/*" if folders.count(folder) > 1 else path
        for path, folder in zip(paths, folders, strict=True)
    }


def _storage() -> Any:
    # django-storages makes the signer of the key that its options name.
    return storages["default"]


@lru_cache(maxsize=1)
def _client() -> Any:
    storage = _storage()  # whoever writes to the store also tells the edge
    return boto3.client(
        "cloudfront",
        aws_access_key_id=storage.access_key or None,
        aws_secret_access_key=storage.secret_key or None,
        region_name="us-east-1",  # where CloudFront is governed, wherever its edges are
    )
