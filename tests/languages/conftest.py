"""Each test begins in English, whatever language the one before has activated."""

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    translation.deactivate()
    yield
    translation.deactivate()
