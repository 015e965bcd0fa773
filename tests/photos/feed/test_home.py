"""The feed without a timeline: merged over shards, newest first, in pages."""

import pytest
from django.test import Client

from accounts.models import Follow, User
from accounts.relations import follows
from photos.feed import home
from photos.models import State
from sharding.rows import buckets, ids
from tests.cast import NOTHING_YET, make_neighbour, make_photo, make_user

pytestmark = pytest.mark.django_db(databases="__all__")


def test_a_feed_merges_all_shards_newest_first(alice: User, carol: User) -> None:
    reader = make_user("reader")
    owners = [alice, make_neighbour(alice), make_user("third")]
    for owner in owners:
        Follow.objects.create(follower=reader, followee=owner)
    photos = [make_photo(owner) for _ in range(3) for owner in owners]
    make_photo(carol)
    photos_on_page = home.page(reader).photos
    assert len(buckets.owners_by_shard([owner.pk for owner in owners])) == 2, (
        "the cast should live on both shards"
    )
    assert photos_on_page == sorted(photos, key=lambda photo: -photo.pk)


def test_pages_follow_on_each_other_without_gaps(alice: User, bob: User) -> None:
    photos = sorted((make_photo(alice).pk for _ in range(7)), reverse=True)
    first = home.page(bob, limit=3)
    second = home.page(bob, limit=3, before=first.next_cursor)
    third = home.page(bob, limit=3, before=second.next_cursor)
    assert [photo.pk for page in (first, second, third) for photo in page.photos] == photos
    assert third.next_cursor is None


def test_the_feed_has_the_readers_own_photos_also_private_ones(alice: User) -> None:
    own = make_photo(alice, visibility="private")
    assert home.page(alice).photos == [own]


def test_the_feed_leaves_out_unready_photos_and_unfollowed_people(alice: User, bob: User) -> None:
    make_photo(alice, state=State.PROCESSING, **NOTHING_YET)
    photo = make_photo(alice)
    assert home.page(bob).photos == [photo]
    follows.unfollow(bob, alice)
    assert home.page(bob).photos == []


def test_the_page_offers_more_while_there_is_more(alice: User, bob: User) -> None:
    photos = [make_photo(alice) for _ in range(home.PAGE + 1)]
    client = Client()
    client.force_login(bob)
    assert f"?before={photos[1].pid}" in client.get("/").content.decode()
    rest = client.get(f"/?before={photos[1].pid}", headers={"HX-Request": "true"}).content.decode()
    assert photos[0].pid in rest
    assert "<html" not in rest


def test_following_oneself_is_refused(alice: User) -> None:
    with pytest.raises(follows.CannotFollowSelf):
        follows.follow(alice, alice)
    assert ids.bucket_for_owner(alice.pk) == alice.pk % ids.BUCKETS
