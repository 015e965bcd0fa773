"""Tiles and cards: the pictures, sizes and words that templates draw of a photo."""

from datetime import UTC, datetime

import pytest

from accounts.models import User
from accounts.profile_card import Person
from photos.display import cards
from photos.display.descriptions import Reader
from photos.models import State
from tests.cast import NOTHING_YET, make_photo

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.usefixtures("edge")]


def test_public_photos_have_plain_addresses_and_others_signed_ones(alice: User) -> None:
    public = cards.tile(make_photo(alice)).src
    private = cards.tile(make_photo(alice, visibility="private")).src
    assert public.startswith("https://cdn.test/pub/")
    assert "?" not in public
    assert private.startswith("https://cdn.test/priv/")
    assert "&s=" in private


def test_an_unready_tile_has_no_sources_but_takes_its_place(alice: User) -> None:
    tile = cards.tile(make_photo(alice, state=State.RECEIVED, **NOTHING_YET))
    assert (tile.src, tile.webp_srcset, tile.aspect, tile.is_ready) == ("", "", 1.5, False)


def test_a_tile_names_every_rung_that_its_photo_has(alice: User) -> None:
    tile = cards.tile(make_photo(alice, width=800, height=1200))
    assert [entry.rsplit(" ", 1)[1] for entry in tile.webp_srcset.split(", ")] == ["213w", "427w", "800w"]
    assert tile.full_src.endswith("/1280.jpg")
    assert tile.src.endswith("/640.jpg")


def test_a_photo_is_shown_in_small_sizes_first(alice: User) -> None:
    tile = cards.tile(make_photo(alice, state=State.PROCESSING, stage="quick"))
    assert tile.is_ready
    assert tile.avif_srcset == ""
    assert [entry.rsplit(" ", 1)[1] for entry in tile.webp_srcset.split(", ")] == ["320w", "640w"]
    assert tile.full_src.endswith("/640.jpg")


def test_an_address_changes_with_content_and_recipe(alice: User) -> None:
    photo = make_photo(alice)
    before = cards.tile(photo).src
    photo.stamp = "another"
    assert cards.tile(photo).src != before


def test_a_card_says_whose_photo_it_is(alice: User) -> None:
    card = cards.card(make_photo(alice), Person.from_user(alice))
    assert card.alt.startswith("Photo by Alice Liddell, ")
    assert cards.card(make_photo(alice, caption="The sea"), Person.from_user(alice)).alt == "The sea"


TAKEN = {
    "facts": {"make": "FUJIFILM", "model": "X100V", "taken_at": "2024-05-09T16:05:00"},
    "filename": "DSC_1.jpg",
    "created_at": datetime(2024, 6, 1, 8, 30, tzinfo=UTC),
    "location": "exact",
    "latitude": 48.8566,
    "longitude": 2.3522,
}


@pytest.mark.parametrize(
    ("reader", "words"),
    [
        (
            Reader.OWNER,
            "Photo, 9 May 2024, 16:05, FUJIFILM X100V, 48.8566° N, 2.3522° E, DSC_1.jpg",
        ),
        (Reader.VISITOR, "Photo, 9 May 2024, 16:05, FUJIFILM X100V, 48.8566° N, 2.3522° E"),
        (Reader.GUEST, "Photo, uploaded on 1 June 2024, 08:30"),
    ],
)
def test_an_undescribed_photo_is_named_by_what_its_reader_may_know(
    reader: Reader, words: str, alice: User
) -> None:
    assert cards.tile(make_photo(alice, **TAKEN), reader).alt == words
    assert cards.tile(make_photo(alice, **TAKEN, caption="The sea"), reader).alt == "The sea"


def test_photos_of_one_page_are_told_apart(alice: User) -> None:
    photos = [make_photo(alice, caption=caption) for caption in ("Fog", "Fog", "The sea", "Fog")]
    assert [tile.alt for tile in cards.tiles(photos, Reader.VISITOR)] == [
        "Fog",
        "Fog (2)",
        "The sea",
        "Fog (3)",
    ]
    assert [tile.caption for tile in cards.tiles(photos, Reader.VISITOR)] == ["Fog", "Fog", "The sea", "Fog"]
