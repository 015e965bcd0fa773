"""A feed from a timeline shows what a pulled feed would show, whatever happened since it was built."""

import random
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.conf import settings as site
from django.test import Client
from pytest_django import Settings

from accounts.models import Follow, User
from accounts.relations import blocking, follows, people_cache
from config import valkey as talking
from ops import metrics
from photos.feed import home, timelines
from photos.jobs import fanout
from photos.library import deletion, visibility
from photos.models import Photo
from sharding.gather import multiplex
from sharding.rows import buckets
from tests.cast import make_photo, make_resident, make_user
from tests.photos.jobs.fanout import publish
from tests.valkeys import Valkey, valkey

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def cast(alice: User, bob: User) -> list[User]:
    """Return alice and a person on each shard; bob follows all of them."""
    people = [alice, *(make_resident(alias) for alias in site.SHARDS)]
    for person in people[1:]:
        Follow.objects.create(follower=bob, followee=person)
    return people


@pytest.fixture
def own(settings: Settings) -> Iterator[Valkey]:
    """Return a Valkey of the test's own that holds the timelines."""
    with valkey() as server:
        settings.CACHES = {**settings.CACHES, "durable": talking.cache(server.url, database=1)}
        yield server


def rebuild_for(person: User) -> None:
    """Rebuild a reader's timeline, as a worker does after a page found it missing."""
    timelines.drop([person.pk])
    timelines._client().delete(f"{timelines._key(person.pk)}:making")
    assert timelines.begin(person.pk)
    assert home.rebuild(person.pk)


def make_published(owner: User, **fields: Any) -> Photo:
    """Create a photo and push it to timelines, as its event does."""
    photo = make_photo(owner, **fields)
    publish(photo.pk)
    return photo


def pulled(person: User, before: int | None = None, limit: int = home.PAGE) -> list[int]:
    owners_on = buckets.owners_by_shard([person.pk, *people_cache.followees(person.pk).ids])
    return [row.pk for row in home._pulled(person.pk, owners_on, before=before, limit=limit).rows]


def counted(outcome: str) -> float:
    return metrics.registry.get_sample_value("tessera_timeline_reads_total", {"outcome": outcome}) or 0.0


def page(person: User, *, outcome: str = "timeline", **options: Any) -> list[int]:
    """Return the ids of a page of the feed; check the outcome that the metric counted."""
    before = counted(outcome)
    photo_ids = [photo.pk for photo in home.page(person, **options).photos]
    assert counted(outcome) == before + 1, outcome
    return photo_ids


def test_a_missing_timeline_is_pulled_once_and_rebuilt_by_a_worker(cast: list[User], bob: User) -> None:
    photos = [make_photo(person).pk for person in cast]
    assert page(bob, outcome="absent") == photos[::-1]
    assert not timelines.begin(bob.pk), "the page has taken the turn, and sent for a worker"
    assert page(bob, outcome="absent") == photos[::-1]
    assert home.rebuild(bob.pk)
    assert page(bob) == photos[::-1]


def test_new_photos_are_pushed_to_existing_timelines(cast: list[User], bob: User, carol: User) -> None:
    rebuild_for(bob)
    Follow.objects.create(follower=carol, followee=cast[0])
    first, second = make_published(cast[1]), make_published(cast[0])
    assert page(bob) == [second.pk, first.pk]
    assert not timelines._client().exists(timelines._key(carol.pk)), "who does not read is not written to"
    assert page(carol, outcome="absent") == [second.pk]


def test_photos_pushed_during_a_rebuild_are_on_the_timeline(cast: list[User], bob: User) -> None:
    old = make_photo(cast[0])
    assert timelines.begin(bob.pk)
    meanwhile = make_published(cast[1])
    timelines.finish(bob.pk, [old.pk], is_everything=True, mark=people_cache.followees(bob.pk).mark)
    assert page(bob) == [meanwhile.pk, old.pk]


@pytest.mark.parametrize("ends_by", ["unfollow", "delete", "tighten", "deactivate"])
def test_photos_that_the_reader_may_not_see_any_more_vanish_at_once(
    ends_by: str, cast: list[User], bob: User
) -> None:
    kept, gone = make_published(cast[1]), make_published(cast[0])
    rebuild_for(bob)
    assert page(bob) == [gone.pk, kept.pk]
    if ends_by == "unfollow":
        follows.unfollow(bob, cast[0])
        assert page(bob, outcome="absent") == [kept.pk]
    elif ends_by == "delete":
        deletion.delete_photo(gone)
        assert page(bob) == [kept.pk]
    elif ends_by == "tighten":
        Photo.objects.of(gone.owner_id).filter(pk=gone.pk).update(visibility="private")
        assert page(bob) == [kept.pk]
    else:
        cast[0].is_active = False
        cast[0].save()
        client = Client()
        client.force_login(bob)
        assert gone.pid not in client.get("/").content.decode()


def test_a_new_followee_is_on_the_next_page(cast: list[User], bob: User, carol: User) -> None:
    rebuild_for(bob)
    photo = make_published(carol)
    assert page(bob) == []
    follows.follow(bob, carol)
    assert page(bob, outcome="absent") == [photo.pk]


def test_ones_own_photos_are_there_before_any_event(cast: list[User], bob: User) -> None:
    rebuild_for(bob)
    own_photo = make_photo(bob, visibility="private")
    assert page(bob) == [own_photo.pk]


def test_a_private_photo_is_in_no_feed_until_its_owner_shows_it(cast: list[User], bob: User) -> None:
    rebuild_for(bob)
    photo = make_published(cast[0], visibility="private")
    assert photo.pk not in page(bob)
    visibility.change(photo, "followers")
    assert page(bob)[0] == photo.pk


def test_a_photo_that_was_private_at_the_rebuild_appears_once_it_is_published(
    cast: list[User], bob: User
) -> None:
    older = make_published(cast[0], visibility="private")
    newer = make_published(cast[1])
    rebuild_for(bob)
    assert page(bob) == [newer.pk]
    visibility.change(older, "followers")
    assert page(bob) == [newer.pk, older.pk]


def test_muted_people_are_not_in_the_feed(cast: list[User], bob: User) -> None:
    rebuild_for(bob)
    loud, other = make_published(cast[0]), make_published(cast[1])
    assert page(bob)[:2] == [other.pk, loud.pk]
    blocking.begin(bob, cast[0], "mute")
    assert page(bob)[0] == other.pk
    assert loud.pk not in page(bob)
    blocking.end(bob, cast[0], "mute")
    assert page(bob)[:2] == [other.pk, loud.pk]


def test_photos_of_popular_authors_are_pulled_once_all_readers_know(
    cast: list[User], bob: User, carol: User, settings: Settings
) -> None:
    Follow.objects.create(follower=carol, followee=cast[0])
    settings.FEED_PUSH_UP_TO = 1
    rebuild_for(bob)
    first = make_published(cast[0])
    cast[0].refresh_from_db()
    assert cast[0].popular_since is not None, "two follow, one is written to"
    assert page(bob) == [first.pk], "it is pushed until all readers know"
    User.objects.filter(pk=cast[0].pk).update(
        popular_since=cast[0].popular_since - people_cache.POPULAR_KNOWN_AFTER
    )
    people_cache.invalidate_follows([bob.pk])  # stands for the time after which the cached value ends
    second, third = make_published(cast[0]), make_published(cast[1])
    timeline = timelines.read(bob.pk, people_cache.followees(bob.pk).mark)
    assert timeline is not None
    assert timeline.ids == [third.pk, first.pk]
    assert page(bob) == [third.pk, second.pk, first.pk]


def test_a_photo_is_pushed_to_followers_in_batches(
    cast: list[User], bob: User, carol: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "FOLLOWERS_AT_ONCE", 2)
    readers = [bob, carol, *(make_user(f"reader{number}") for number in range(3))]
    for reader in readers[1:]:
        Follow.objects.create(follower=reader, followee=cast[0])
    for reader in readers:
        rebuild_for(reader)
    photo = make_photo(cast[0])
    rest = fanout.publish(photo.pk)
    assert rest is not None
    assert page(bob) == [photo.pk]
    assert page(readers[-1]) == []
    publish(photo.pk)  # again, as a queue may deliver it
    assert [page(reader) for reader in readers] == [[photo.pk]] * len(readers)


def test_a_timeline_is_bounded(cast: list[User], bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timelines, "LIMIT", 10)
    rebuild_for(bob)
    photos = [make_published(cast[number % 3]).pk for number in range(12)]
    assert timelines.read(bob.pk, people_cache.followees(bob.pk).mark) is None
    assert page(bob, outcome="absent") == photos[::-1]


def test_pages_beyond_a_timelines_end_are_pulled_without_a_gap(
    cast: list[User], bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timelines, "MADE_OF", 5)
    photos = [make_photo(cast[number % 3]).pk for number in range(9)]
    late = photos.pop(2)
    rebuild_for(bob)
    publish(late)  # published long after its upload: its id is below the timeline's floor
    photo_ids, before = [], None
    for outcome in ("timeline", "timeline", "beyond", "beyond", "beyond"):
        photo_ids += page(bob, before=before, limit=2, outcome=outcome)
        before = photo_ids[-1]
    assert photo_ids == pulled(bob, limit=100)


def test_each_shard_is_asked_at_most_once(
    cast: list[User], bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for person in cast * 20:
        make_photo(person)
    rebuild_for(bob)
    aliases_asked: list[str] = []
    gather = multiplex.gather

    def noting(rows_on: Any, aliases: Iterable[str], **options: Any) -> Any:
        aliases_asked.extend(names := list(aliases))
        return gather(rows_on, names, **options)

    monkeypatch.setattr(multiplex, "gather", noting)
    assert page(bob) == pulled(bob)
    assert sorted(aliases_asked[: len(site.SHARDS)]) == sorted(site.SHARDS)
    aliases_asked.clear()
    page(bob)
    assert sorted(aliases_asked) == sorted(site.SHARDS)


def test_feeds_are_pulled_without_valkey_and_an_empty_valkey_is_filled_again(
    own: Valkey, cast: list[User], bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talking, "AWAY_SECONDS", 0.0)
    photo = make_published(cast[0])
    rebuild_for(bob)
    assert page(bob) == [photo.pk]
    own.kill()
    assert page(bob, outcome="away") == [photo.pk]
    own.start()
    assert page(bob, outcome="absent") == [photo.pk]
    assert home.rebuild(bob.pk)
    assert page(bob) == [photo.pk]


class Life:
    """Random changes of photos, follows and mutes."""

    def __init__(self, seed: int, reader: User, authors: list[User]) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - repeatable, not for security
        self.reader, self.authors = reader, authors
        self.photos: list[Photo] = []
        self.on_their_way: list[Photo] = []

    def show(self) -> None:
        level = self.chance.choice(["public", "followers"])
        self.photos.append(make_published(self.chance.choice([*self.authors, self.reader]), visibility=level))

    def send(self) -> None:
        self.on_their_way.append(make_photo(self.chance.choice(self.authors), stage="", state="processing"))

    def arrive(self) -> None:
        for photo in self._some(self.on_their_way):
            Photo.objects.locate(photo.pk).update(stage="full", state="ready")
            publish(photo.pk)
            self.on_their_way.remove(photo)

    def remove(self) -> None:
        for photo in self._some(self.photos):
            deletion.delete_photo(photo)
            self.photos.remove(photo)

    def tighten(self) -> None:
        for photo in self._some(self.photos):
            Photo.objects.locate(photo.pk).update(visibility="private")

    def follow(self) -> None:
        author = self.chance.choice(self.authors)
        is_following = follows.is_following(self.reader.pk, author.pk)
        (follows.unfollow if is_following else follows.follow)(self.reader, author)

    def make(self) -> None:
        rebuild_for(self.reader)

    def lose(self) -> None:
        timelines.drop([self.reader.pk])

    def go_on(self) -> None:
        usual = [self.show] * 5 + [self.send] * 2 + [self.arrive] * 2 + [self.make] * 3
        self.chance.choice([*usual, self.remove, self.tighten, self.follow, self.lose])()

    def _some(self, photos: list[Photo]) -> list[Photo]:
        return self.chance.sample(photos, min(1, len(photos)))


@pytest.mark.parametrize("seed", range(3))
def test_after_random_changes_every_page_equals_the_pulled_page(
    seed: int, cast: list[User], bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timelines, "MADE_OF", 8)
    monkeypatch.setattr(timelines, "LIMIT", 14)
    life, were_read = Life(seed, bob, cast), counted("timeline")
    for _ in range(50):
        life.go_on()
        photo_ids: list[int] = []
        part = home.page(bob, limit=3)
        while part.next_cursor is not None:
            photo_ids += [photo.pk for photo in part.photos]
            part = home.page(bob, limit=3, before=part.next_cursor)
        assert [*photo_ids, *(photo.pk for photo in part.photos)] == pulled(bob, limit=200)
    assert counted("timeline") > were_read + 30
