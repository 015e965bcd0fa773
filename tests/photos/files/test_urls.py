"""Addresses at the edge: which are signed, and what the signature covers."""

import base64
import hashlib
import hmac
from urllib.parse import parse_qs, urlsplit

import pytest

from photos.files import urls

pytestmark = pytest.mark.usefixtures("edge")


def test_a_signature_covers_path_and_expiry() -> None:
    parts = urlsplit(urls.signed_path("/priv/a.webp", now=1_000_000))
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    digest = hmac.new(b"key", f"/priv/a.webp\n{query['e']}".encode(), hashlib.sha256).digest()
    assert query["s"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")


def test_an_address_is_stable_within_its_window_and_lives_at_least_one() -> None:
    early, late = urls.signed_path("/priv/a", now=7200), urls.signed_path("/priv/a", now=10_799)
    assert early == late != urls.signed_path("/priv/a", now=10_800)
    assert int(parse_qs(urlsplit(late).query)["e"][0]) - 10_799 > 3600


def test_only_keys_of_the_public_folder_have_plain_addresses() -> None:
    assert urls.object_url("pub/abc/stamp/640.jpg") == "https://cdn.test/pub/abc/stamp/640.jpg"
    assert urls.object_url("priv/abc/stamp/640.jpg").startswith("https://cdn.test/priv/abc/stamp/640.jpg?e=")
