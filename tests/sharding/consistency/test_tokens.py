"""LSNs and the text form of causal tokens, without a database."""

from datetime import timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from sharding.consistency import tokens

lsns = st.integers(0, 2**64 - 1)
some_tokens = st.dictionaries(st.sampled_from(["default", "shard0", "shard1", "shard_12"]), lsns)


@given(lsns)
def test_postgresqls_text_of_an_lsn_is_read_as_one_number(lsn: int) -> None:
    assert tokens.lsn_from_text(f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}") == lsn


def test_lsns_compare_as_one_number_not_by_halves() -> None:
    assert tokens.lsn_from_text("16/FFFFFFFF") < tokens.lsn_from_text("17/10")


@given(some_tokens, some_tokens)
def test_merging_keeps_the_larger_of_each(one: tokens.Tokens, other: tokens.Tokens) -> None:
    merged = tokens.merge(one, other)
    assert merged == tokens.merge(other, one) == tokens.merge(merged, one, other)
    for alias, lsn in merged.items():
        assert lsn == max(one.get(alias, 0), other.get(alias, 0))
    assert merged.keys() == one.keys() | other.keys()


@given(some_tokens)
def test_a_text_goes_there_and_back(some: tokens.Tokens) -> None:
    assert tokens.load(tokens.dump(some)) == some


def test_no_tokens_are_an_empty_text() -> None:
    assert tokens.dump({}) == ""


def test_a_token_expires_so_that_a_lost_timeline_cannot_pin_its_bearer() -> None:
    with time_machine.travel("2026-11-22 12:00 +0000", tick=False) as clock:
        text = tokens.dump({"shard0": 7})
        clock.shift(timedelta(seconds=60))
        assert tokens.load(text) == {"shard0": 7}
        clock.shift(timedelta(seconds=1))
        assert tokens.load(text) == {}


@given(st.text(max_size=60))
def test_any_other_text_is_no_token(text: str) -> None:
    assert isinstance(tokens.load(text), dict)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "ff",
        "zz.a:1",
        "ffffffffff.a:xyz",
        "ffffffffff.a",
        "ffffffffff.a:1.",
        "ffffffffff" + ".a:1" * 999,
    ],
)
def test_a_broken_text_is_no_token(text: str) -> None:
    assert tokens.load(text) == {}
