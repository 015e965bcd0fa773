"""Explore, tags and search: over all shards, only what the visitor may see."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import connections
from django.test import Client

from accounts.models import Follow, User
from photos.display import outages
from photos.feed import explore
from photos.library import captions
from photos.models import Photo
from photos.text import search_query
from sharding.gather import multiplex
from sharding.gather.scatter import Gathered
from sharding.rows import buckets, ids
from tests.cast import make_neighbour, make_photo, shard_of
from tests.photos.indexes import keep_only

pytestmark = pytest.mark.django_db(databases="__all__")


def described(owner: User, caption: str, **fields: object) -> Photo:
    return captions.describe(make_photo(owner, **fields), caption=caption)


def rows_for(text: str, viewer: User | None = None) -> list[Photo]:
    return explore.matching(search_query.parse({"q": text}), viewer).rows


@pytest.fixture
def neighbour(alice: User) -> User:
    return make_neighbour(alice)


@pytest.fixture
def shards_away(monkeypatch: pytest.MonkeyPatch, neighbour: User) -> str:
    """Let the neighbour's shard not answer; return its alias."""
    away = shard_of(neighbour)

    def gather(rows_on: Callable[[str], Any], aliases: Iterable[str], **options: Any) -> Gathered[Any]:
        gathered = gather_from_all(rows_on, [alias for alias in aliases if alias != away], **options)
        gathered.missing[away] = "no answer within 2.0 s"
        return gathered

    gather_from_all = multiplex.gather
    monkeypatch.setattr(multiplex, "gather", gather)
    return away


def test_explore_shows_public_photos_of_all_shards_newest_first(alice: User, neighbour: User) -> None:
    photos = [make_photo(owner) for _ in range(2) for owner in (alice, neighbour)]
    make_photo(alice, visibility="private")
    make_photo(alice, visibility="followers")
    make_photo(alice, stage="", state="received")
    assert explore.newest().rows == photos[::-1]


def test_a_tag_finds_only_photos_that_the_viewer_may_see(
    alice: User, bob: User, neighbour: User, carol: User
) -> None:
    public = described(neighbour, "Boats #harbour")
    followers = described(alice, "More boats #Harbour", visibility="followers")
    private = described(alice, "My #harbour", visibility="private")
    described(alice, "harbour without a hash")
    seen = {viewer: explore.tagged("harbour", viewer).rows for viewer in (None, carol, bob, alice)}
    assert seen == {
        None: [public],
        carol: [public],
        bob: [followers, public],  # bob follows alice
        alice: [private, followers, public],
    }


def test_words_are_found_by_their_beginning_in_caption_and_camera(alice: User, neighbour: User) -> None:
    boat = described(alice, "A red boat at sunset")
    leica = make_photo(neighbour, facts={"make": "Leica Camera AG", "model": "Q3", "lens": "Summilux 28"})
    assert rows_for("SUN") == [boat]
    assert rows_for("boat sunset") == [boat]
    assert rows_for("boat leica") == []
    assert rows_for("leica q3") == rows_for("summilux") == [leica]
    assert rows_for("") == rows_for("!!! & | <->") == []


def test_file_names_are_found_by_their_owner_alone(alice: User, bob: User) -> None:
    photo = make_photo(alice, filename="IMG_4711 wedding.jpg")
    assert rows_for("4711", alice) == [photo]
    assert rows_for("wedding jpg", alice) == [photo]
    assert rows_for("4711", bob) == rows_for("wedding") == []


def test_a_search_uses_its_index(alice: User) -> None:
    rows = Photo.objects.on("shard0").with_words(["boat"], viewer_id=None)
    with connections["shard0"].cursor() as cursor:
        keep_only(cursor, "photo_words", "photo_tags", "photo_public")
        for queryset, index in (
            (rows, "photo_words"),
            (Photo.objects.on("shard0").filter(tags__contains=["a"]), "photo_tags"),
        ):
            assert index in queryset.explain()
        assert "photo_public" in Photo.objects.on("shard0").public().newest(10).explain()


@pytest.mark.parametrize("address", ["/explore/", "/tags/fog/", "/search/?q=fog"])
def test_pages_go_on_without_scripts_and_with_them(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(explore.newest, "__kwdefaults__", {"before": None, "limit": 2})
    for listed in (explore.tagged, explore.matching):
        monkeypatch.setattr(listed, "__kwdefaults__", {"before": None, "limit": 2})
    photos = [described(alice, f"Number {n} in the #fog") for n in range(3)]
    page = client.get(address).content.decode()
    cursor = f"before={photos[1].pid}"
    assert cursor in page
    assert "<html" in page
    assert photos[0].pid not in page
    joint = "&" if "?" in address else "?"
    rest = client.get(f"{address}{joint}{cursor}", headers={"HX-Request": "true"}).content.decode()
    assert photos[0].pid in rest
    assert "<html" not in rest
    assert "before=" not in rest


def test_photos_of_inactive_people_are_not_shown(client: Client, alice: User) -> None:
    photo = make_photo(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert photo.pid not in client.get("/explore/").content.decode()


def test_people_are_found_by_name(client: Client, alice: User, bob: User) -> None:
    for text in ("lidd", "alice lid", "ali"):
        assert "@alice" in client.get("/search/", {"q": text}).content.decode()
    assert "@alice" not in client.get("/search/", {"q": "bob"}).content.decode()


def test_empty_pages_say_what_to_do(client: Client) -> None:
    assert "No photos yet" in client.get("/explore/").content.decode()
    assert "No photo has this tag" in client.get("/tags/fog/").content.decode()
    assert "What are you looking for?" in client.get("/search/").content.decode()
    assert "No results for “&lt;fog&gt;”" in client.get("/search/", {"q": "<fog>"}).content.decode()


def test_a_tag_has_one_address(client: Client) -> None:
    assert client.get("/tags/FOG/")["Location"] == "/tags/fog/"
    assert unquote(client.get("/tags/İstanbul/")["Location"]) == "/tags/istanbul/"
    assert client.get("/tags/हिन्दी/").status_code == 200
    assert client.get("/tags/12/").status_code == 404
    assert client.get("/tags/a b/").status_code == 404


def test_a_sentence_names_a_missing_shard_and_the_list_goes_on(
    client: Client, alice: User, neighbour: User, shards_away: str
) -> None:
    own, other = make_photo(alice), make_photo(neighbour)
    page = client.get("/explore/").content.decode()
    assert own.pid in page
    assert other.pid not in page
    assert "Photos by about half of all people are temporarily unavailable." in page
    assert 'href="/explore/">Try again' in page
    assert f"before={own.pid}" in page, "the list may go on"
    rest = client.get(f"/explore/?before={own.pid}").content.decode()
    assert "temporarily unavailable" in rest
    assert 'class="more"' not in rest, "empty pages are not followed for ever"


def test_a_feed_names_the_people_on_a_missing_shard(
    client: Client, bob: User, alice: User, neighbour: User, shards_away: str
) -> None:
    Follow.objects.create(follower=bob, followee=neighbour)
    client.force_login(bob)
    page = client.get("/").content.decode()
    gone = [who for who in (bob, alice, neighbour) if shard_of(who) == shards_away]
    assert all(("you" if who == bob else who.display_name()) in page for who in gone)
    assert "temporarily unavailable" in page


def test_many_people_on_a_missing_shard_are_counted(alice: User, bob: User, carol: User) -> None:
    def words(*people: User, viewer: User) -> str:
        return outages.sentence_about_people([person.pk for person in people], viewer_id=viewer.pk).split(
            " are temporarily"
        )[0]

    assert words(viewer=bob) == ""
    assert words(alice, viewer=bob) == "Photos by Alice Liddell"
    assert words(alice, bob, viewer=bob) == "Photos by you and Alice Liddell"
    assert (
        words(alice, bob, carol, viewer=make_neighbour(alice)) == "Photos by Alice Liddell, bob and 1 other"
    )
    assert outages.sentence_about_shards(["shard0", "shard1"]).startswith("All photos")
    assert outages.sentence_about_shards([]) == ""


def test_a_small_part_is_some_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "shard_of", lambda bucket: "small" if bucket < ids.BUCKETS / 10 else "big")
    assert outages.sentence_about_shards(["small"]).startswith("Photos by some people")


def test_an_owner_describes_a_photo(client: Client, alice: User, bob: User) -> None:
    photo = make_photo(alice)
    address = f"{photo.get_absolute_url()}caption/"
    client.force_login(bob)
    assert client.post(address, {"caption": "Mine"}).status_code == 404
    client.force_login(alice)
    assert client.post(address, {"caption": "  The\n #Sea\0 "})["Location"] == photo.get_absolute_url()
    photo.refresh_from_db()
    assert (photo.caption, photo.tags) == ("The #Sea", ["sea"])
    page = client.get(photo.get_absolute_url()).content.decode()
    assert 'href="/tags/sea/">#Sea</a>' in page
    assert "Change the caption" in page
    page = client.post(address, {"caption": "x" * 501}, follow=True).content.decode()
    assert "A caption can have up to 500 characters" in page
