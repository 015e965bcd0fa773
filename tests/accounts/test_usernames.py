"""Validation of usernames, which are part of addresses."""

import pytest
from django.core.exceptions import ValidationError

from accounts.usernames import RESERVED, VALIDATORS


def check(name: str) -> None:
    for validator in VALIDATORS:
        validator(name)


@pytest.mark.parametrize("name", ["al", "alice", "alice_2", "a.b", "9lives", "Alice"])
def test_plain_names_are_taken(name: str) -> None:
    check(name)


@pytest.mark.parametrize(
    "name", ["_alice", "alice.", "al ice", "al/ice", "ålice", "a" * 31, "alice\n", "", "-"]
)
def test_names_that_would_trouble_an_address_are_not(name: str) -> None:
    with pytest.raises(ValidationError):
        check(name)


@pytest.mark.parametrize("name", sorted(RESERVED)[:5])
def test_the_sites_own_words_are_kept_in_any_case(name: str) -> None:
    with pytest.raises(ValidationError):
        check(name.upper())
