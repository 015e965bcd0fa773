"""A photo's row stays consistent under every order of what workers, owners and retries do."""

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
from photos.jobs import dispatch
from photos.library import preferences, quota
from photos.models import Attempt, Photo, Stage, State
from photos.pipeline import attempts, editing, rendering, upload
from photos.pipeline.rendering import TryAgain
from photos.pipeline.upload_request import FileManifest
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
        "edit 0",
        "edit 1",
        "edit 2",
        "credit",
        "finish the first",
        "retry",
    ]
)


class Story:
    """One photo, and the workers and owner who act on it."""

    def __init__(self, owner: User, *, is_sent: bool = True) -> None:
        self.owner = owner
        digest = hashlib.sha256(f"story {next(_numbers)}".encode()).hexdigest()
        self.manifest = FileManifest("a.jpg", 10, "image/jpeg", digest)
        (offer,) = upload.begin(owner.pk, [self.manifest])
        assert isinstance(offer, upload.Offer)
        self.pk = ids.decode(offer.ticket)
        if is_sent:
            Photo.objects.locate(self.pk).update(state=State.RECEIVED)
        self.open: list[Attempt] = []
        self.used_before = quota.used_bytes(owner.pk) - 10

    @property
    def photo(self) -> Photo:
        """Return the photo's current row."""
        return Photo.objects.locate(self.pk).get()

    def play(self, step: str) -> None:
        """Do one of STEPS."""
        if step.startswith("begin"):
            self.begin(Stage.QUICK if step.endswith("quick") else Stage.FULL)
        elif step.startswith("edit"):
            if self.photo.is_shown:
                editing.revise(self.photo, Edits(turns=int(step.removeprefix("edit "))))
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
            assert moved is None, "only the latest attempt changes the photo"
            assert (self.photo.state, self.photo.stamp) == (before.state, before.stamp)

    def let_time_pass(self) -> None:
        """Make open attempts old enough to count as dead; their workers may still come back."""
        rows = Attempt.objects.of_photo(self.pk)
        rows.update(started_at=timezone.now() - attempts.JUST_BEGUN - timedelta(seconds=1))

    def settle(self) -> None:
        """Have good workers make what the dispatcher sends, until nothing of the photo waits: twice is enough."""
        self.let_time_pass()
        self.open.clear()
        for _ in range(2):
            if not self.photo.is_settled:
                self.begin(dispatch.next_stage(self.photo))
                if self.open:
                    self.end("finish")

    def check(self) -> None:
        """Assert what holds after every step."""
        photo = self.photo
        is_made = photo.stage == Stage.FULL and photo.edits == photo.shown_edits
        assert not (is_made and photo.state in attempts.UNSETTLED), "nothing is left to do, so nothing waits"
        used = quota.used_bytes(self.owner.pk) - self.used_before
        assert used == (0 if photo.state == State.FAILED else 10), "a failed photo uses no quota"
        assert (photo.stage == Stage.NONE) == (photo.stamp == ""), "a shown photo has a stamp"
        if photo.state == State.READY and photo.shown_credit != preferences.for_owner(self.owner.pk).credit:
            assert preferences.for_owner(self.owner.pk).credit_changed_at, "the scheduler will send it"
        if photo.state == State.READY:
            assert photo.stage == Stage.FULL
            assert photo.edits == photo.shown_edits or photo.failure_code
        numbers = list(
            Attempt.objects.in_bucket(ids.bucket_of(self.pk))
            .filter(photo_id=self.pk)
            .order_by("number")
            .values_list("number", flat=True)
        )
        assert numbers == list(range(1, photo.attempts + 1)), "every attempt has a row"


@database_examples()
@given(steps=st.lists(STEPS, max_size=14))
def test_every_order_of_events_leaves_a_consistent_row(alice: User, steps: list[str]) -> None:
    story = Story(alice)
    for step in steps:
        story.play(step)
        story.check()


@database_examples()
@given(steps=st.lists(STEPS.filter(lambda step: step not in {"reject", "crash"}), max_size=12))
def test_after_any_steps_two_good_attempts_make_a_photo_ready(alice: User, steps: list[str]) -> None:
    story = Story(alice)
    for step in steps:
        story.play(step)
    story.settle()
    assert (story.photo.state, story.photo.stage) == (State.READY, Stage.FULL)
    story.check()
