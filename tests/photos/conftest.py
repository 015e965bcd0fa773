"""Fixtures for the tests of the product: a photo, and an edge with known addresses."""

import pytest
from pytest_django import Settings

from accounts.models import User
from photos.models import Photo
from tests.cast import make_photo


@pytest.fixture
def photo(alice: User) -> Photo:
    """Return a public photo of alice, without a caption."""
    return make_photo(alice)


@pytest.fixture
def edge(settings: Settings) -> None:
    """Let files have addresses at https://cdn.test, signed with a known key."""
    settings.CDN_URL = "https://cdn.test"
    settings.CDN_SIGNING_KEY = "key"
    settings.MEDIA_URL_TTL_SECONDS = 3600
