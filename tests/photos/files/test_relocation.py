"""A change of a photo's visibility moves its files: old addresses never work again, likes stay."""

import time
import urllib.error
import urllib.request
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from ops.topology.site.site import Site
from photos.display import cards
from photos.files import edge, keys, relocation, retired_files
from photos.files import s3 as store
from photos.imaging.edits import Edits
from photos.library import visibility
from photos.models import Photo, Rendition, Stage, Visibility
from photos.pipeline import editing, rendering
from photos.pipeline.rendering import TryAgain
from photos.social import comments, likes
from sharding.models import OutboxEvent
from sharding.rows import ids
from tests.cast import make_photo
from tests.objects import picture
from tests.photos.pipeline.test_rendering import render_fully, upload_photo

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def purged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys that were purged at the edge."""
    forgotten: list[str] = []
    monkeypatch.setattr(edge, "purge", forgotten.extend)
    return forgotten


def stored(photo: Photo) -> set[str]:
    return {key for folder in keys.FOLDERS for key in store.keys_below(f"{folder}/{photo.pid}/")}


def known(photo: Photo) -> set[str]:
    rows = Rendition.objects.of_photo(photo.pk)
    return set(rows.values_list("key", flat=True))


def address_of(photo: Photo) -> str:
    photo.refresh_from_db()
    return cards.tile(photo).src


def test_a_public_photo_that_becomes_private_has_other_keys(s3: Site, alice: User, purged: list[str]) -> None:
    photo = render_fully(upload_photo(alice, picture(seed=31)))
    before = stored(photo)
    assert visibility.change(photo, Visibility.PRIVATE)
    assert "/pub/" in address_of(photo), "until the new files are there its owner sees it by the old ones"

    assert set(relocation.move_files(photo.pk)) == before
    assert set(purged) == before
    assert stored(photo) == known(photo)
    assert all(key.startswith("priv/") for key in stored(photo))
    assert not {key.removeprefix("pub/") for key in before} & {
        key.removeprefix("priv/") for key in stored(photo)
    }
    assert "/priv/" in address_of(photo)
    assert "&s=" in address_of(photo)
    assert relocation.move_files(photo.pk) == [], "a message that comes again finds nothing to do"


def test_an_address_that_is_dead_stays_dead(s3: Site, alice: User, purged: list[str]) -> None:
    photo = render_fully(upload_photo(alice, picture(seed=32)))
    first = stored(photo)
    for level in (Visibility.PRIVATE, Visibility.PUBLIC):
        visibility.change(photo, level)
        relocation.move_files(photo.pk)
    assert "/pub/" in address_of(photo)
    assert stored(photo) == known(photo)
    assert not first & stored(photo)


def test_changes_faster_than_the_worker_end_where_the_last_one_wants(
    s3: Site, alice: User, purged: list[str]
) -> None:
    photo = render_fully(upload_photo(alice, picture(seed=33)))
    first = stored(photo)
    for level in (Visibility.PRIVATE, Visibility.PUBLIC, Visibility.UNLISTED, Visibility.PUBLIC):
        visibility.change(photo, level)
    relocation.move_files(photo.pk)
    assert stored(photo) == known(photo)
    assert not first & stored(photo)
    assert all(key.startswith("pub/") for key in stored(photo))


@pytest.mark.parametrize(
    ("before", "after", "is_moved"),
    [
        ("public", "unlisted", True),
        ("private", "public", True),
        ("followers", "private", True),
        ("unlisted", "followers", True),
        ("private", "followers", False),
        ("followers", "unlisted", False),
    ],
)
def test_keys_change_at_the_border_and_for_fewer_people(
    before: str, after: str, is_moved: bool, alice: User
) -> None:
    photo = make_photo(alice, visibility=before)
    assert visibility.change(photo, after)
    photo.refresh_from_db()
    assert photo.visibility == after
    assert bool(photo.shelf) is is_moved
    assert not visibility.change(photo, after), "it is so already"


def test_a_photo_that_is_hidden_while_it_is_made_leaves_nothing_public(
    s3: Site, alice: User, purged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = upload_photo(alice, picture(seed=34))
    rendering.render(photo.pk, Stage.QUICK)
    write = rendering.write_renditions

    def hidden_meanwhile(attempt: Any, made: Any) -> list[Rendition]:
        rows = write(attempt, made)
        visibility.change(photo, Visibility.PRIVATE)
        relocation.move_files(photo.pk)
        return rows

    monkeypatch.setattr(rendering, "write_renditions", hidden_meanwhile)
    with pytest.raises(TryAgain):
        rendering.render(photo.pk, Stage.FULL)
    monkeypatch.undo()
    monkeypatch.setattr(edge, "purge", purged.extend)
    rendering.render(photo.pk, Stage.FULL)
    photo.refresh_from_db()
    assert photo.stage == Stage.FULL
    assert stored(photo) == known(photo)
    assert all(key.startswith("priv/") for key in stored(photo))


def test_a_photo_that_is_finished_before_its_files_are_carried_keeps_all_of_them(
    s3: Site, alice: User, purged: list[str]
) -> None:
    photo = upload_photo(alice, picture(seed=35))
    rendering.render(photo.pk, Stage.QUICK)
    visibility.change(photo, Visibility.PRIVATE)
    rendering.render(photo.pk, Stage.FULL)
    relocation.move_files(photo.pk)
    assert stored(photo) == known(photo)
    assert all(key.startswith("priv/") for key in stored(photo))
    assert "/priv/" in address_of(photo)


def test_the_unedited_picture_never_becomes_public(s3: Site, alice: User, purged: list[str]) -> None:
    photo = render_fully(upload_photo(alice, picture(seed=36), visibility="private"))
    editing.revise(photo, Edits(turns=1))
    render_fully(photo)
    retired_files.retire(photo.pk)
    visibility.change(photo, Visibility.PUBLIC)
    relocation.move_files(photo.pk)
    photo.refresh_from_db()
    base = retired_files.find_base(photo)
    assert base is not None
    assert base.key.startswith("priv/")
    assert store.stat(base.key).bytes
    assert stored(photo) == known(photo)


def test_likes_and_comments_stay_and_the_change_is_owed(alice: User, bob: User) -> None:
    photo = make_photo(alice)
    likes.set_liked(photo, bob.pk, is_liked=True)
    comments.write(photo, bob.pk, "Lovely")
    client = Client()
    client.force_login(alice)
    page = client.post(f"/p/{photo.pid}/visibility/", {"visibility": "private"}, follow=True)
    assert "Only you can see this photo now." in page.content.decode()
    assert (page.context["like_count"], page.context["comment_count"]) == (1, 1)
    owed = OutboxEvent.objects.in_bucket(ids.bucket_of(photo.pk)).get(topic=visibility.CHANGED)
    assert owed.payload == {"photo_id": photo.pk, "before": "public", "after": "private"}
    assert owed.relayed_at is None, "until a worker has carried the files"


def test_addresses_that_were_noted_end_when_they_are_renewed(
    s3: Site, alice: User, purged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visibility, "SAVED_AT_ONCE", 2)
    photo = render_fully(upload_photo(alice, picture(seed=38)))
    others = [make_photo(alice) for _ in range(4)]
    private = make_photo(alice, visibility="private")
    before = stored(photo)
    assert visibility.renew_storage_prefixes(alice.pk) == 5
    assert "/pub/" in address_of(photo)
    relocation.move_files(photo.pk)
    assert stored(photo) == known(photo)
    assert not before & stored(photo)
    assert before <= set(purged)
    assert all(key.startswith("pub/") for key in stored(photo)), "should they be active again"
    private.refresh_from_db()
    assert not private.shelf
    events = OutboxEvent.objects.in_bucket(ids.bucket_of(photo.pk)).filter(topic=visibility.MANY_CHANGED)
    assert sorted(pk for event in events for pk in event.payload["photo_ids"]) == [
        photo.pk,
        *(p.pk for p in others),
    ]
    assert all(event.payload["is_flood"] for event in events), "another owner may be hiding one photo"


def test_only_its_owner_changes_who_sees_a_photo(alice: User, bob: User) -> None:
    photo = make_photo(alice)
    client = Client()
    client.force_login(bob)
    assert client.post(f"/p/{photo.pid}/visibility/", {"visibility": "private"}).status_code == 404
    client.force_login(alice)
    client.post(f"/p/{photo.pid}/visibility/", {"visibility": "everyone"})
    photo.refresh_from_db()
    assert photo.visibility == "public"


def status(url: str) -> int:
    """Return the edge's response to an address."""
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def addresses(photo: Photo) -> list[str]:
    """Return every address by which pages show a photo."""
    photo.refresh_from_db()
    tile = cards.tile(photo)
    sets = (tile.avif_srcset, tile.webp_srcset, tile.jpeg_srcset)
    return [each.split(" ")[0] for srcset in sets for each in srcset.split(", ") if each]


def test_old_addresses_are_dead_at_the_edge_and_new_ones_need_a_signature(cdn: str, alice: User) -> None:
    photo = render_fully(upload_photo(alice, picture(1400, 900, seed=37)))
    old = addresses(photo)
    assert [status(url) for url in old * 2] == [200] * len(old) * 2, "the edge keeps all of them now"
    began = time.monotonic()
    visibility.change(photo, Visibility.FOLLOWERS)
    gone = relocation.move_files(photo.pk)
    assert {status(url) for url in old} <= {403, 404}
    assert time.monotonic() - began < 60
    edge.purge(gone)  # as it is told once more

    signed = addresses(photo)
    assert len(signed) == len(old)
    assert [status(url) for url in signed] == [200] * len(signed)
    assert {status(url.partition("?")[0]) for url in signed} == {403}
    visibility.change(photo, Visibility.PUBLIC)
    relocation.move_files(photo.pk)
    assert {status(url) for url in addresses(photo)} == {200}
    assert {status(url) for url in [*old, *signed]} <= {403, 404}, "for ever"
