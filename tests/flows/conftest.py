"""The cast of stories about one photo: the photo itself, and a user on another shard."""

import pytest

from accounts.models import User
from photos.models import Photo
from tests.cast import make_neighbour, make_photo


@pytest.fixture
def photo(alice: User) -> Photo:
    """Return a public photo of alice."""
    return make_photo(alice)


@pytest.fixture
def guest(alice: User) -> User:
    """Return a user on another shard than alice and her photos."""
    return make_neighbour(alice)
