"""Cached people and follows: the writer sees a change at once, by whatever way it was made."""

import pytest
from django.contrib.auth.models import update_last_login
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Follow, User
from accounts.relations import follows, people_cache
from config import valkey as talking
from photos.feed import home
from photos.social import notifications
from sharding.consistency import causal
from tests.cast import make_photo, make_user
from tests.photos.jobs.fanout import deliver
from tests.sharding.lag import lagging_replicas

__all__ = ["lagging_replicas"]

pytestmark = pytest.mark.django_db(databases="__all__")


def name_of(person: User) -> str | None:
    user = people_cache.people([person.pk]).get(person.pk)
    return user.display_name() if user else None


def test_people_are_read_once(
    alice: User, carol: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert people_cache.people([alice.pk, carol.pk, 10**9]) == {alice.pk: alice, carol.pk: carol}
    with django_assert_num_queries(0):
        assert people_cache.people([carol.pk, 10**9]) == {carol.pk: carol}
        assert name_of(alice) == "Alice Liddell"


def test_a_change_shows_at_once(alice: User) -> None:
    assert name_of(alice) == "Alice Liddell"
    alice.name = "Alice Hargreaves"
    alice.save()
    assert name_of(alice) == "Alice Hargreaves"
    User.objects.filter(pk=alice.pk).update(name="Alice")
    assert name_of(alice) == "Alice"
    alice.delete()
    assert name_of(alice) is None


def test_a_cached_absence_ends_when_the_person_is_created(alice: User) -> None:
    next_id = alice.pk + 1
    assert people_cache.people([next_id]) == {}
    newcomer = make_user("newcomer", pk=next_id)
    assert people_cache.people([next_id]) == {next_id: newcomer}


def test_signing_in_ends_no_cached_value(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    people_cache.people([alice.pk])
    update_last_login(User, alice)
    with django_assert_num_queries(0):
        people_cache.people([alice.pk])


def test_secrets_are_not_in_the_cache(alice: User) -> None:
    kept = people_cache.PEOPLE.get(alice.pk)
    assert kept is not None
    assert not people_cache.SECRET & kept.keys()
    assert people_cache.people([alice.pk])[alice.pk].email == alice.email, "reading it causes a query"


@pytest.mark.parametrize("by", ["verb", "row", "queryset", "cascade"])
def test_an_unfollow_counts_at_once_however_it_came_about(by: str, alice: User, bob: User) -> None:
    assert people_cache.followees(bob.pk).ids == [alice.pk]
    before = people_cache.followees(bob.pk).mark
    row = Follow.objects.get(follower=bob)
    if by == "verb":
        follows.unfollow(bob, alice)
    elif by == "row":
        row.delete()
    elif by == "queryset":
        Follow.objects.filter(pk=row.pk).delete()
    else:
        alice.delete()
    assert people_cache.followees(bob.pk).ids == []
    assert people_cache.followees(bob.pk).mark != before


def test_the_next_page_knows_a_follow_while_every_replica_lags(
    alice: User, carol: User, lagging_replicas: None
) -> None:
    client = Client()
    client.force_login(carol)
    for is_following, expected in (("1", [alice.pk]), ("0", [])):
        client.get("/")
        client.post("/@alice/follow/", {"following": is_following})
        with causal.session():
            assert people_cache.followees(carol.pk).ids == expected


def test_the_unread_count_changes_at_once(alice: User, carol: User) -> None:
    assert notifications.unread_count(alice.pk) == 0
    follows.follow(carol, alice)
    deliver()
    assert notifications.unread_count(alice.pk) == 1
    notifications.mark_read(alice.pk, notifications.latest(alice.pk)[0].pk)
    assert notifications.unread_count(alice.pk) == 0


def test_pages_are_the_same_without_a_cache(alice: User, bob: User, settings: Settings) -> None:
    photo = make_photo(alice)
    settings.CACHES = {
        **settings.CACHES,
        "default": talking.cache("unix:///nowhere.sock"),
        "durable": talking.cache("unix:///nowhere.sock", database=1),
    }
    assert home.page(bob).photos == [photo]
    client = Client()
    client.force_login(bob)
    for address in ("/", "/@alice/", "/people/", "/explore/", "/notifications/", photo.get_absolute_url()):
        assert client.get(address).status_code == 200, address
    follows.unfollow(bob, alice)
    assert home.page(bob).photos == []


def test_a_page_with_a_warm_cache_reads_only_the_visitor_from_the_directory(alice: User, bob: User) -> None:
    make_photo(alice)
    client = Client()
    client.force_login(bob)
    client.get("/")
    with CaptureQueriesContext(connections["default"]) as queries:
        client.get("/")
    assert len(queries) == 1, [query["sql"] for query in queries]
