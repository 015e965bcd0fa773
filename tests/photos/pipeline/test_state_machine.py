"""Whatever workers do, in whatever order, a photo's row tells one consistent story."""

import hashlib
import itertools
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from photos.imaging.edits import Edits
from photos.imaging.formats import Format
from photos.imaging.rejections import Rejected
from photos.imaging.results import Rendered
from photos.library import preferences, quota
from photos.models import Attempt, Photo, Stage, State
from photos.pipeline import attempts, editing, rendering, upload
from photos.pipeline.rendering import TryAgain
from photos.pipeline.upload_request import Announced
from sharding.rows import ids
from tests.tiers import database_examples

pytestmark = pytest.mark.django_db(databases="__all__")

_numbers = itertools.count()
PICTURE = Rendered(
    width=1200,
    height=800,
    format=Format.JPEG,
    renditions=[],
    thumbhash=b"hash",
    dominant_color="#123456",
    phash=7,
)
STEPS = st.sampled_from(
    [
        "begin quick",
        "begin full",
        "finish",
        "crash",
        "reject",
        "postpone",
        "die",
        "edit",
        "credit",
        "finish the first",
        "retry",
    ]
)


class Story:
    """One photo and everybody who works on it."""

    def __init__(self, owner: User) -> None:
        self.owner = owner
        digest = hashlib.sha256(f"story {next(_numbers)}".encode()).hexdigest()
        (offer,) = upload.begin(owner.pk, [Announced("a.jpg", 10, "image/jpeg", digest)])
        assert isinstance(offer, upload.Offer)
        self.pk = ids.decode(offer.ticket)
        Photo.objects.locate(self.pk).update(state=State.RECEIVED)
        self.open: list[Attempt] = []
        self.taken_before = quota.used_bytes(owner.pk) - 10

    @property
    def photo(self) -> Photo:
        """The row as it is now."""
        return Photo.objects.locate(self.pk).get()

    def play(self, step: str) -> None:
        """Do one thing that happens in a life of workers."""
        if step.startswith("begin"):
            self.begin(Stage.QUICK if step.endswith("quick") else Stage.FULL)
        elif step == "edit":
            if self.photo.is_shown:
                editing.revise(self.photo, Edits(turns=next(_numbers) % 4))
        elif step == "credit":
            author = f"Author {next(_numbers)}"
            preferences.change(self.owner.pk, author=author, licence="", location="")
        elif step == "retry":
            upload.retry(self.photo)
        elif step == "die":
            self.let_time_pass()
        elif self.open:
            self.end(step)

    def begin(self, stage: Stage) -> None:
        attempt = attempts.claim(self.pk, stage)
        if attempt is not None:
            self.open.append(attempt)

    def end(self, step: str) -> None:
        attempt = self.open.pop(0 if step == "finish the first" else -1)
        is_latest = attempt.number == self.photo.attempts
        before = self.photo
        if step.startswith("finish"):
            moved = rendering.publish(attempt, PICTURE, [])
        elif step == "postpone":
            attempts.end(attempt, Attempt.Outcome.POSTPONED)
            moved = None
        else:
            refusal = Rejected("timed_out" if step == "crash" else "unreadable")
            try:
                moved = rendering._refuse(attempt, refusal)
            except TryAgain:
                moved = None
        if not is_latest:
            assert moved is None, "only the latest try moves a photo"
            assert (self.photo.state, self.photo.stamp) == (before.state, before.stamp)

    def let_time_pass(self) -> None:
        """Whoever is at work is taken for dead, though they may still come back."""
        tries = Attempt.objects.of_photo(self.pk)
        tries.update(started_at=timezone.now() - attempts.AT_WORK - timedelta(seconds=1))

    def check(self) -> None:
        """What holds at every moment."""
        photo = self.photo
        room = quota.used_bytes(self.owner.pk) - self.taken_before
        assert room == (0 if photo.state == State.FAILED else 10), (
            "room is taken exactly while there is a photo"
        )
        assert (photo.stage == Stage.NONE) == (photo.stamp == ""), "what is shown is known by its stamp"
        if photo.state == State.READY and photo.shown_credit != preferences.of(self.owner.pk).credit:
            assert preferences.of(self.owner.pk).credit_changed_at, "the scheduler knows of it"
        if photo.state == State.READY:
            assert photo.stage == Stage.FULL
            assert photo.edits == photo.shown_edits or photo.failure_code
        numbers = list(Attempt.objects.of_photo(self.pk).order_by("number").values_list("number", flat=True))
        assert numbers == list(range(1, photo.attempts + 1)), "every try is written down"


@database_examples()
@given(steps=st.lists(STEPS, max_size=14))
def test_every_order_of_events_leaves_a_consistent_row(alice: User, steps: list[str]) -> None:
    story = Story(alice)
    for step in steps:
        story.play(step)
        story.check()


@database_examples()
@given(steps=st.lists(STEPS.filter(lambda step: step not in {"reject", "crash"}), max_size=12))
def test_whatever_happened_before_a_photo_becomes_ready_in_two_good_tries(
    alice: User, steps: list[str]
) -> None:
    story = Story(alice)
    for step in steps:
        story.play(step)
    story.let_time_pass()
    story.open.clear()
    for stage in (Stage.QUICK, Stage.FULL):
        story.begin(stage)
        if story.open:
            story.end("finish")
    assert (story.photo.state, story.photo.stage) == (State.READY, Stage.FULL)
    story.check()
