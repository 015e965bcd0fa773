"""Stops the sandbox's server after the tests that used it."""

from collections.abc import Iterator

import pytest

from photos.imaging.sandbox import client as sandbox


@pytest.fixture(scope="module", autouse=True)
def ended_afterwards() -> Iterator[None]:
    yield
    sandbox.stop()
