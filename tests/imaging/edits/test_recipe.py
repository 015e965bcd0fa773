"""Edits as data: which values are accepted, and that equal recipes are equal in every form."""

import contextlib
import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from photos.imaging.edits import BadEdits, Crop, Edits
from photos.imaging.looks import LOOKS
from tests.imaging.edits.recipes import recipes

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=8,
)
NAMES = [*Edits.__dataclass_fields__]


@given(recipes)
def test_edits_survive_being_written_and_read(edits: Edits) -> None:
    assert Edits.parse(edits.as_json()) == edits
    assert Edits.parse(edits.as_object()) == edits
    assert Edits.parse(json.loads(json.dumps(edits.as_object()))) == edits


@given(recipes, st.randoms())
def test_equal_edits_give_equal_text_in_whatever_order_they_come(edits: Edits, random: Any) -> None:
    items = [*edits.as_object().items()]
    random.shuffle(items)
    again = Edits.parse({**dict(items), "version": 1})
    assert again.as_json() == edits.as_json()
    assert again.digest() == edits.digest()


@given(recipes, recipes)
def test_different_edits_have_different_digests(one: Edits, other: Edits) -> None:
    assert (one.digest() == other.digest()) == (one == other)


@given(recipes)
def test_a_digest_is_twelve_hex_digits_or_nothing(edits: Edits) -> None:
    assert re.fullmatch("[0-9a-f]{12}", edits.digest()) or (edits.is_identity and edits.digest() == "")


def test_a_digest_never_changes_by_itself() -> None:
    edits = Edits(turns=1, crop=Crop(0, 0, 0.5, 1), exposure=0.25, look="basalt")
    assert edits.as_json() == '{"crop":[0,0,0.5,1],"exposure":0.25,"look":"basalt","turns":1}'
    assert edits.digest() == "1823455c36b4"


def test_no_edits_are_an_empty_object() -> None:
    assert Edits.parse({}) == Edits()
    assert Edits().as_json() == "{}"
    assert Edits().is_identity


@pytest.mark.parametrize(
    "same",
    [
        {"exposure": 0},
        {"exposure": -0.0},
        {"exposure": 0.0001},
        {"crop": [0, 0, 1, 1]},
        {"crop": [0.0, 1e-9, 1.0, 0.9999999]},
        {"version": 1, "turns": 0, "is_mirrored": False, "look": ""},
    ],
)
def test_an_invisible_change_is_no_edit(same: dict[str, Any]) -> None:
    assert Edits.parse(same).is_identity


def test_a_crop_that_rounding_pushed_over_the_edge_is_taken_back() -> None:
    crop = Edits.parse({"crop": [0.1, 0.30000000000000004, 0.9000000000000001, 0.7]}).crop
    assert crop == (0.1, 0.3, 0.9, 0.7)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("{", "These edits cannot be read."),
        ([], "Edits must be an object of names and values."),
        (None, "Edits must be an object of names and values."),
        ({"blur": 1}, "These edits contain something that we do not know."),
        ({"version": 2}, "These edits were made with another version of the editor."),
        ({"turns": 4}, "A photo can be turned by 0 to 3 quarters."),
        ({"turns": True}, "A photo can be turned by 0 to 3 quarters."),
        ({"is_mirrored": 1}, "A photo can be mirrored or not."),
        ({"straighten_degrees": 45.1}, "Straighten goes from -45 to 45."),
        ({"exposure": "1"}, "Exposure is a number."),
        ({"exposure": float("nan")}, "Exposure is a number."),
        ({"exposure": 10**400}, "Exposure is a number."),
        ({"contrast": -1.01}, "Contrast goes from -1 to 1."),
        ({"sharpen": -0.1}, "Sharpen goes from 0 to 1."),
        ({"look": "sepia"}, "There is no such look."),
        ({"look": ["gilt"]}, "There is no such look."),
        ({"crop": [0, 0, 1]}, "A crop must be four numbers: x, y, width and height."),
        ({"crop": [0, 0, 1, None]}, "Crop is a number."),
        ({"crop": [0.5, 0, 0.6, 1]}, "The crop is not within the photo."),
        ({"crop": [-0.1, 0, 0.6, 1]}, "The crop is not within the photo."),
        ({"crop": [0, 0, 0.001, 1]}, "The crop is not within the photo."),
    ],
)
def test_what_cannot_be_applied_is_refused_with_a_sentence(value: Any, sentence: str) -> None:
    with pytest.raises(BadEdits) as refusal:
        Edits.parse(value)
    assert refusal.value.sentence == sentence


@given(st.one_of(anything, st.dictionaries(st.sampled_from(NAMES), anything)))
@example({"exposure": 10**400})
@example({"crop": [10**400, 0, 1, 1]})
def test_whatever_comes_is_read_or_refused(value: Any) -> None:
    with contextlib.suppress(BadEdits):
        edits = Edits.parse(value)
        assert Edits.parse(edits.as_json()) == edits


def test_a_tower_of_brackets_is_refused() -> None:
    with pytest.raises(BadEdits, match="cannot be read"):
        Edits.parse("[" * 100_000)


def test_there_are_six_looks_and_each_has_a_name_and_a_label() -> None:
    assert len(LOOKS) == 6
    for name, look in LOOKS.items():
        assert look.name == name == look.label.lower()
