"""Fixtures of likes and comments."""

import pytest

from accounts.models import User
from photos.models import Photo
from tests.cast import make_photo


@pytest.fixture
def photo(alice: User) -> Photo:
    """Return a public photo of alice."""
    return make_photo(alice)
