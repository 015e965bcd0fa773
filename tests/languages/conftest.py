"""Whatever a test has spoken, the next one begins in English."""

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    translation.deactivate()
    yield
    translation.deactivate()
