"""What drifted is found and mended, whatever it is; what did not is left alone."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Follow, User
from accounts.relations import follows
from photos.jobs import reconciliation, schedule
from photos.library import quota
from photos.models import Comment, Favourite, Like, Notification, StorageAccount
from photos.social import comments, counters, favourites, likes, notifications
from sharding.rows.transactions import shard_atomic
from tests.cast import make_neighbour, make_photo, shard_of
from tests.photos.jobs.fanout import deliver

pytestmark = pytest.mark.django_db(databases="__all__")


class Scene:
    """A photo of alice's, and a guest on another shard who liked it, commented, and follows her."""

    def __init__(self, alice: User) -> None:
        self.alice, self.guest = alice, make_neighbour(alice)
        self.photo = make_photo(alice)
        with shard_atomic(owner_id=alice.pk):
            quota.take(alice.pk, self.photo.pk, 1000)
        likes.set_liked(self.photo, self.guest.pk, is_liked=True)
        self.comment = comments.write(self.photo, self.guest.pk, "Lovely")
        follows.follow(self.guest, alice)
        deliver()

    def facts(self) -> object:
        """Everything that others see."""
        told = sorted((row.kind, row.actor_id) for row in notifications.latest(self.alice.pk))
        liked = [row.photo_id for row in favourites.page(self.guest.pk)]
        return told, liked, counters.counts_for(self.photo.pk), quota.used_bytes(self.alice.pk)

    @property
    def home(self) -> str:
        return shard_of(self.alice)


@pytest.fixture
def scene(alice: User) -> Scene:
    return Scene(alice)


def mended(*, is_dry: bool = False) -> list[str]:
    """Reconcile every shard, a while later; return what was found."""
    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        found = [
            drift for alias in settings.SHARDS for drift in reconciliation.reconcile(alias, is_dry=is_dry)
        ]
    return sorted(drift.what for drift in found)


def like_of(scene: Scene) -> Like:
    return Like.objects.on(scene.home).get()


SPOILED: dict[str, tuple[Callable[[Scene], object], list[str]]] = {
    "a count": (lambda s: counters.add(s.photo.pk, likes=2), ["count"]),
    "a favourite is lost": (lambda s: Favourite.objects.of(s.guest.pk).delete(), ["favourite"]),
    "a favourite is off": (
        lambda s: Favourite.objects.of(s.guest.pk).update(is_on=False, version=99),
        ["favourite"],
    ),
    "a favourite of nothing": (
        lambda s: Favourite(owner_id=s.alice.pk, photo_id=s.photo.pk, version=1, changed_at=timezone.now()).save(),
        ["favourite"],
    ),
    "news is lost": (lambda s: Notification.objects.of(s.alice.pk).delete(), ["notification"] * 3),
    "news is off": (
        lambda s: Notification.objects.of(s.alice.pk).update(is_on=False, version=2**40),
        ["notification"] * 3,
    ),
    "news of nothing": (
        lambda s: Notification(
            owner_id=s.guest.pk, kind="followed", actor_id=s.alice.pk, subject=f"follow:{s.alice.pk}",
            version=1, made_at=timezone.now(),
        ).save(),
        ["notification"],
    ),
    "an account": (lambda s: StorageAccount.objects.of(s.alice.pk).update(used_bytes=5), ["room"]),
}  # fmt: skip


@pytest.mark.parametrize("case", SPOILED)
def test_whatever_drifted_is_found_and_mended(case: str, scene: Scene) -> None:
    spoil, what = SPOILED[case]
    right = scene.facts()
    spoil(scene)
    if case not in {"a favourite of nothing", "news of nothing"}:
        assert scene.facts() != right
    assert mended(is_dry=True) == what
    assert mended() == what
    assert scene.facts() == right
    assert mended() == []


def test_what_is_right_is_left_alone(scene: Scene) -> None:
    right = scene.facts()
    assert mended() == []
    assert scene.facts() == right


def test_what_was_lost_with_a_shards_last_minutes_is_taken_back_elsewhere(scene: Scene) -> None:
    """The owner's shard came back from a backup made before any of it."""
    Like.objects.on(scene.home).all().delete()
    Comment.objects.on(scene.home).all().delete()
    Follow.objects.all().delete()
    assert mended() == ["count", "favourite", "notification", "notification", "notification"]
    assert scene.facts() == ([], [], counters.NONE, 1000)


def test_what_changed_a_moment_ago_is_left_to_its_event(scene: Scene) -> None:
    comments.delete(scene.comment.pk, scene.guest.pk)
    likes.set_liked(scene.photo, scene.guest.pk, is_liked=False)
    likes.set_liked(make_photo(scene.alice), scene.guest.pk, is_liked=True)
    comments.write(scene.photo, scene.guest.pk, "Just now")
    assert [drift for alias in settings.SHARDS for drift in reconciliation.reconcile(alias)] == []
    deliver()
    assert mended() == []


def test_nobody_is_told_of_old_things(scene: Scene) -> None:
    Notification.objects.of(scene.alice.pk).delete()
    with time_machine.travel(timezone.now() + timedelta(days=30)):
        assert schedule.reconcile(scene.home) == 0


def test_the_command_says_what_it_found_and_what_it_did(scene: Scene) -> None:
    Favourite.objects.of(scene.guest.pk).delete()
    said = StringIO()
    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        call_command("reconcile", "--dry-run", "--shard", scene.home, stdout=said)
        call_command("reconcile", stdout=said)
    pid, guest = scene.photo.pid, scene.guest.pk
    assert f"{scene.home}: favourite: photo {pid} is liked by {guest}\n" in said.getvalue()
    assert f"{scene.home}: 1 of favourite would be mended\n" in said.getvalue()
    assert f"{scene.home}: 1 of favourite mended\n" in said.getvalue()
    assert f"{shard_of(scene.guest)}: nothing differs\n" in said.getvalue()
    with pytest.raises(CommandError, match="There is no shard9"):
        call_command("reconcile", "--shard", "shard9")


def test_copies_of_what_was_taken_back_are_forgotten_after_a_month(scene: Scene) -> None:
    likes.set_liked(scene.photo, scene.guest.pk, is_liked=False)
    deliver()
    aliases = settings.SHARDS
    assert sum(schedule.forget_taken_back(alias) for alias in aliases) == 0
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert sum(schedule.forget_taken_back(alias) for alias in aliases) == 2
