"""Amazon CloudFront in place of the local edge: signed paths and invalidations.

A signature takes a fraction of a millisecond, and a grid has hundreds of addresses. So one signature, by a custom
policy with a wildcard, covers a folder (all files of one version of a photo), and is cached while it is in use.
"""

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

SIGNATURES_CACHED = 8192
PATHS_AT_ONCE = 1000  # CloudFront takes 3,000 at a time


class NotInvalidated(Exception):
    """CloudFront did not accept the request: try again later."""


def signed_path(path: str, expires: int) -> str:
    """Return `path` with a query by which CloudFront serves it until `expires` (unix seconds)."""
    folder = path.rpartition("/")[0]
    return f"{path}?{_signature(settings.CDN_URL + folder, expires)}"


def invalidate(paths: Iterable[str]) -> None:
    """Invalidate these paths, as a whole folder where several are in one. Raises NotInvalidated."""
    merged = sorted(_merged(list(paths)))
    for start in range(0, len(merged), PATHS_AT_ONCE):
        batch = merged[start : start + PATHS_AT_ONCE]
        try:
            _client().create_invalidation(
                DistributionId=settings.CLOUDFRONT_DISTRIBUTION_ID,
                InvalidationBatch={
                    "Paths": {"Quantity": len(batch), "Items": batch},
                    "CallerReference": secrets.token_hex(16),
                },
            )
        except (BotoCoreError, ClientError) as error:
            raise NotInvalidated(str(error)) from error


@lru_cache(maxsize=SIGNATURES_CACHED)
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
    # django-storages makes the signer from the key in its options.
    return storages["default"]


@lru_cache(maxsize=1)
def _client() -> Any:
    storage = _storage()  # the credentials of the store may invalidate, too
    return boto3.client(
        "cloudfront",
        aws_access_key_id=storage.access_key or None,
        aws_secret_access_key=storage.secret_key or None,
        region_name="us-east-1",  # CloudFront has its API in this region only
    )
