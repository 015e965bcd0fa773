"""CloudFront as the edge: signed addresses and invalidations."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.stub import ANY, Stubber
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pytest_django import Settings

from photos.files import cloudfront, edge, urls

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()


@pytest.fixture(autouse=True)
def _set_up(settings: Settings) -> Iterator[None]:
    store = settings.STORAGES["default"]
    options = {
        **store["OPTIONS"], "cloudfront_key_id": "K2", "cloudfront_key": PEM, "access_key": "a", "secret_key": "s",
    }  # fmt: skip
    settings.STORAGES = {**settings.STORAGES, "default": {**store, "OPTIONS": options}}
    settings.CLOUDFRONT_KEY_ID, settings.CLOUDFRONT_DISTRIBUTION_ID = "K2", "E3"
    settings.CDN_URL, settings.MEDIA_URL_TTL_SECONDS = "https://cdn.test", 3600
    cloudfront._signature.cache_clear()
    cloudfront._client.cache_clear()
    yield
    cloudfront._signature.cache_clear()
    cloudfront._client.cache_clear()


def decoded(text: str) -> bytes:
    """Decode CloudFront's variant of base64."""
    return base64.b64decode(text.translate(str.maketrans("-_~", "+=/")))


def test_cloudfront_can_check_an_address_and_its_expiry() -> None:
    parts = urlsplit(urls.object_url("priv/abc/stamp-9/640.jpg"))
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "cdn.test", "/priv/abc/stamp-9/640.jpg")
    assert query["Key-Pair-Id"] == "K2"
    policy = decoded(query["Policy"])
    signed_by = hashes.SHA1()  # noqa: S303 - the only one that CloudFront takes
    KEY.public_key().verify(decoded(query["Signature"]), policy, padding.PKCS1v15(), signed_by)
    (statement,) = json.loads(policy)["Statement"]
    assert statement["Resource"] == "https://cdn.test/priv/abc/stamp-9/*"
    assert statement["Condition"]["DateLessThan"]["AWS:EpochTime"] % 3600 == 0


def test_the_files_of_one_version_share_a_signature_and_no_other_version_does() -> None:
    first, second, other = (
        urlsplit(urls.signed_path(f"/priv/abc/{name}", now=7200)).query
        for name in ("one/640.jpg", "one/1280.jpg", "two/640.jpg")
    )
    assert first == second != other
    assert urlsplit(urls.signed_path("/priv/abc/one/640.jpg", now=10_800)).query != first


def test_public_addresses_stay_plain() -> None:
    assert urls.object_url("pub/abc/stamp/640.jpg") == "https://cdn.test/pub/abc/stamp/640.jpg"


def test_what_goes_is_invalidated_by_folders() -> None:
    request: dict[str, Any] = {
        "DistributionId": "E3",
        "InvalidationBatch": {
            "Paths": {"Quantity": 2, "Items": ["/pub/a/one/*", "/pub/b/two/640.jpg"]},
            "CallerReference": ANY,
        },
    }
    with Stubber(cloudfront._client()) as stub:
        stub.add_response("create_invalidation", {}, request)
        edge.purge(["pub/a/one/640.jpg", "pub/a/one/1280.jpg", "pub/b/two/640.jpg"])
        stub.add_client_error("create_invalidation", "TooManyInvalidationsInProgress")
        with pytest.raises(edge.EdgeUnavailable, match="TooMany"):
            edge.purge(["pub/a/one/640.jpg"])
        stub.assert_no_pending_responses()
    edge.purge([])
