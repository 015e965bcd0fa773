"""An account that is erased leaves nothing behind, on any shard, whatever happens on the way."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts import erasures
from accounts.models import Erasure, User
from accounts.relations import follows
from ops.topology.site.site import Site
from photos.files import s3 as store
from photos.jobs import erasure as erasing
from photos.jobs import tasks
from photos.library import deletion, quota
from photos.models import Comment, Favourite, Like, Photo, Preferences, StorageEntry
from photos.social import comments, counters, likes, notifications
from sharding.consistency import outbox
from sharding.models import DirectoryEvent, OutboxEvent
from sharding.rows import ids
from sharding.rows.transactions import shard_atomic
from tests.cast import make_neighbour, make_photo
from tests.objects import picture
from tests.photos.jobs.fanout import deliver, owed
from tests.photos.pipeline.test_rendering import render_fully, renditions_of, upload_photo

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def friend(alice: User) -> User:
    """Return a user on another shard than alice."""
    return make_neighbour(alice)


@pytest.fixture
def past(alice: User, friend: User) -> tuple[Photo, Photo]:
    """A photo of alice's and one of her friend's, after both did everything to each other's."""
    photos = make_photo(alice), make_photo(friend)
    with shard_atomic(owner_id=alice.pk):
        quota.take(alice.pk, photos[0].pk, 1000)
    for me, photo in ((alice, photos[1]), (friend, photos[0])):
        likes.set_liked(photo, me.pk, is_liked=True)
        comments.write(photo, me.pk, f"By {me.username}, unanswered")
        answered = comments.write(photo, me.pk, f"By {me.username}, answered")
        comments.write(photo, photo.owner_id, f"@{me.username}", parent_id=answered.pk)
    follows.follow(alice, friend)
    follows.follow(friend, alice)
    Client().force_login(alice)
    Preferences(owner_id=alice.pk, author="Alice").save()
    deliver()
    return photos


def finish_files() -> None:
    """Act as the workers that delete files, whose events are confirmed then."""
    for event in owed():
        if event.topic == deletion.REMOVED:
            deliver(event)
            outbox.confirm(event.pk)


def leftovers(user_id: int) -> dict[str, int]:
    return {what: count for what, count in erasing.survey(user_id).items() if count}


def test_everything_goes_and_what_is_others_stays(
    alice: User, friend: User, past: tuple[Photo, Photo]
) -> None:
    before = leftovers(alice.pk)
    assert before == {
        "photos": 1,
        "likes": 1,
        "comments": 3,
        "favourites": 1,
        "notifications": 10,
        "people followed, and followers": 2,
        "settings": 1,
        "entries in the storage ledger": 1,
        "open sessions": 1,
        "account": 1,
    }
    erasure = erasures.request(alice.pk)
    assert erasing.run(erasure.pk) is False, "the files of the photo are not deleted yet"
    assert leftovers(alice.pk) == {"photos whose files are being deleted": 1, "account": 1}
    finish_files()
    assert erasing.run(erasure.pk) is True
    assert leftovers(alice.pk) == {}
    assert not User.objects.filter(pk=alice.pk).exists()
    theirs = past[1]
    assert counters.counts_for(theirs.pk) == counters.Counts(likes=0, comments=1)
    assert [counters.drift(alias) for alias in settings.SHARDS] == [{}, {}]
    shown = comments.thread(theirs.pk).comments
    assert [(top.body, top.author_id, [a.body for a in below]) for top, below in shown] == [
        ("", None, ["@alice"])
    ]
    assert notifications.latest(friend.pk) == []
    assert Favourite.objects.of(friend.pk).count() == 0, "the photo they liked is gone"
    erasure.refresh_from_db()
    del before["account"]
    assert (dict(erasure.lines()), erasure.address) == (before, "")


@pytest.mark.parametrize("who", ["alice", "friend"])
def test_whoever_goes_from_whichever_shard_leaves_nothing(
    who: str, alice: User, friend: User, past: tuple[Photo, Photo]
) -> None:
    leaver, stayer = (alice, friend) if who == "alice" else (friend, alice)
    there = erasing.survey(stayer.pk)
    erasure = erasures.request(leaver.pk)
    while not erasing.run(erasure.pk):
        finish_files()
    assert leftovers(leaver.pk) == {}
    left = erasing.survey(stayer.pk)
    assert {what for what in there if there[what] != left[what]} == {
        "likes",  # of the leaver's photo
        "comments",
        "favourites",
        "notifications",
        "people followed, and followers",
    }
    assert [counters.drift(alias) for alias in settings.SHARDS] == [{}, {}]


def test_the_bytes_go_too(s3: Site, alice: User) -> None:
    photo = render_fully(upload_photo(alice, picture(seed=71)))
    keys = [photo.original_key, *(row.key for row in renditions_of(photo))]
    assert all(store.stat(key).bytes for key in keys)
    erasure = erasures.request(alice.pk)
    assert tasks.erase.fn(1, erasure.pk) is None
    assert Erasure.objects.get().finished_at is None
    for event in OutboxEvent.objects.in_bucket(ids.bucket_of(photo.pk)).filter(topic=deletion.REMOVED):
        said = event.payload
        tasks.discard.fn(said["photo_id"], said["keys"], event.pk)
    owed = DirectoryEvent.objects.get(topic=erasures.REQUESTED)
    tasks.erase.fn(owed.pk, erasure.pk)
    assert Erasure.objects.get().finished_at is not None
    owed.refresh_from_db()
    assert owed.relayed_at is not None
    for key in keys:
        with pytest.raises(store.NotStored):
            store.stat(key)


def test_late_events_bring_nothing_back(alice: User, friend: User, past: tuple[Photo, Photo]) -> None:
    events = owed()
    erasure = erasures.request(alice.pk)
    erasing.run(erasure.pk)
    finish_files()
    deliver(*events, *reversed(events))
    erasing.run(erasure.pk)
    deliver(*events)
    assert leftovers(alice.pk) == {}
    for model in (Like, Comment, Favourite, StorageEntry, Photo):
        for alias in settings.SHARDS:
            rows: Any = model.objects.on(alias)
            assert not [row for row in rows.all() if alice.pk in vars(row).values()], model


class Stop(Exception):
    pass


@pytest.mark.parametrize("step", range(len(erasing.STEPS)))
def test_an_erasure_that_dies_in_any_step_goes_on(
    step: int, alice: User, past: tuple[Photo, Photo], monkeypatch: pytest.MonkeyPatch
) -> None:
    def die_after(act: Callable[[int], int]) -> Callable[[int], int]:
        def dying(user_id: int) -> int:
            act(user_id)
            raise Stop

        return dying

    steps = list(erasing.STEPS)
    erasure = erasures.request(alice.pk)
    monkeypatch.setattr(erasing, "STEPS", (*steps[:step], die_after(steps[step]), *steps[step + 1 :]))
    with pytest.raises(Stop):
        erasing.run(erasure.pk)
    monkeypatch.setattr(erasing, "STEPS", tuple(steps))
    finish_files()
    erasing.run(erasure.pk)
    finish_files()
    assert erasing.run(erasure.pk) is True
    assert leftovers(alice.pk) == {}
    erasure.refresh_from_db()
    assert dict(erasure.lines())["photos"] == 1, "the receipt is of what was there before"


def test_only_one_is_at_it_until_their_lease_ends(alice: User, past: tuple[Photo, Photo]) -> None:
    erasure = erasures.request(alice.pk)
    Erasure.objects.update(busy_until=timezone.now() + erasing.LEASE)
    assert erasing.run(erasure.pk) is None
    Erasure.objects.update(busy_until=timezone.now())
    assert erasing.run(erasure.pk) is False


def test_one_that_has_no_time_stops_and_goes_on(alice: User, past: tuple[Photo, Photo]) -> None:
    erasure = erasures.request(alice.pk)
    assert erasing.run(erasure.pk, seconds=0) is False
    assert "likes" in leftovers(alice.pk)
    for _ in range(20):
        finish_files()
        erasing.run(erasure.pk, seconds=0)
    assert leftovers(alice.pk) == {}


def test_asking_twice_is_one_erasure_and_one_event(alice: User) -> None:
    assert erasures.request(alice.pk) == erasures.request(alice.pk)
    assert DirectoryEvent.objects.filter(topic=erasures.REQUESTED).count() == 1


def test_the_staff_is_not_erased(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    with pytest.raises(erasures.IsStaff):
        erasures.request(alice.pk)
    assert User.objects.get(pk=alice.pk).is_active


def test_somebody_erases_their_account_by_the_page_and_gets_a_receipt(
    client: Client, alice: User, past: tuple[Photo, Photo]
) -> None:
    client.force_login(alice)
    phone = Client()
    phone.force_login(alice)
    assert "Photos <strong>1</strong>" in client.get("/settings/erase/").content.decode()
    wrong = client.post("/settings/erase/", {"username": "bob", "password": "x"}).content.decode()
    assert "This password is not correct." in wrong
    assert "Type alice exactly." in wrong
    answer = client.post("/settings/erase/", {"username": "@Alice ", "password": "alicealice"})
    assert (answer.status_code, answer["Location"][:8]) == (302, "/erased/")
    assert "is being deleted" in client.get(answer["Location"]).content.decode()
    for visitor in (client, phone):
        assert visitor.get("/people/").status_code == 302, "signed out everywhere"
    assert client.get("/@alice/").status_code == client.get(past[0].get_absolute_url()).status_code == 404
    mail.outbox.clear()
    erasure = Erasure.objects.get()
    while not erasing.run(erasure.pk):
        finish_files()
    page = client.get(answer["Location"]).content.decode()
    assert "The account is deleted" in page
    assert "alice" not in page
    (message,) = mail.outbox
    assert message.to == ["alice@example.com"]
    assert erasure.reference in str(message.body)
    assert "Photos: 1" in str(message.body)


def test_the_page_wants_a_member_and_does_not_take_guesses_without_end(client: Client, alice: User) -> None:
    assert client.get("/settings/erase/")["Location"] == "/accounts/login/?next=/settings/erase/"
    assert client.get("/erased/no-such-thing/").status_code == 404
    client.force_login(alice)
    for _ in range(5):
        client.post("/settings/erase/", {"username": "alice", "password": "wrong"})
    right = {"username": "alice", "password": "alicealice"}
    assert "Too many attempts" in client.post("/settings/erase/", right).content.decode()
    assert User.objects.get(pk=alice.pk).is_active


def test_the_command_counts_asks_and_erases(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    make_photo(alice)
    said = StringIO()
    call_command("erase", "alice", "--dry-run", stdout=said)
    assert "       1 photos\n" in said.getvalue()
    assert said.getvalue().endswith("Nothing was changed.\n")
    monkeypatch.setattr("builtins.input", lambda _: "alicia")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("erase", "alice", stdout=said)
    assert User.objects.get(pk=alice.pk).is_active
    monkeypatch.setattr("time.sleep", lambda _: finish_files())
    call_command("erase", "@Alice", "--yes", stdout=said)
    assert "Erased. Receipt " in said.getvalue()
    with pytest.raises(CommandError, match="There is no alice"):
        call_command("erase", "alice", "--dry-run", stdout=said)
    call_command("erase", str(alice.pk), "--yes", stdout=said)


def test_what_is_left_over_says_which_files_are_not_deleted_yet(alice: User) -> None:
    deletion.delete_photo(make_photo(alice))
    assert leftovers(alice.pk)["photos whose files are being deleted"] == 1
    event = OutboxEvent.objects.in_bucket(ids.bucket_for_owner(alice.pk)).get(topic=deletion.REMOVED)
    outbox.confirm(event.pk)
    assert "photos whose files are being deleted" not in leftovers(alice.pk)
