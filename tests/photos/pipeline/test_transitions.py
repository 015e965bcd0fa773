"""Every state of a photo: how it is reached, and that it is left. All transitions, walked breadth first.

A situation is what decides what may happen next: state, stage, whether the shown edits are the wanted ones, and the
attempts that are open. A walk plays all steps in each situation that it meets for the first time.
"""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from accounts.models import User
from photos.models import Stage, State
from photos.pipeline import upload
from tests.photos.pipeline.test_state_machine import Story

pytestmark = pytest.mark.django_db(databases="__all__")

STEPS = ("begin quick", "begin full", "finish", "reject", "edit 0", "edit 1", "retry", "send again", "arrive")
DEEPEST = 7
AT_WORK = 1  # open attempts: what many of them do to each other is the random test's
# Where each state leads to at least.
WAYS = {
    State.RESERVED: {State.RECEIVED},
    State.RECEIVED: {State.PROCESSING},
    State.PROCESSING: {State.READY, State.FAILED},
    State.READY: {State.PROCESSING},
    State.FAILED: {State.RECEIVED, State.RESERVED},
}


class Situation(NamedTuple):
    """What decides what may happen to a photo."""

    state: str
    stage: str
    is_as_wanted: bool
    open: tuple[tuple[str, int], ...]  # the stage and turns of each attempt that runs

    def allows(self, step: str) -> bool:
        """Return whether the step can change anything here."""
        if step in {"send again", "retry"}:
            return self.state == State.FAILED
        if step == "arrive":
            return self.state == State.RESERVED
        if step.startswith("begin"):
            return len(self.open) < AT_WORK and self.state not in {State.RESERVED, State.FAILED}
        return bool(self.open) if step in {"finish", "reject"} else bool(self.stage)


class Walk(Story):
    """A story that can also be sent again after it failed."""

    def play(self, step: str) -> None:
        """Do one of STEPS."""
        if step == "send again":
            upload.begin(self.owner.pk, [self.manifest])
        elif step == "arrive":
            upload.finish(self.owner.pk, self.photo.pid)
        else:
            super().play(step)

    @property
    def situation(self) -> Situation:
        photo = self.photo
        running = tuple((each.stage, each.photo.edits.get("turns", 0)) for each in self.open)
        return Situation(photo.state, photo.stage, photo.edits == photo.shown_edits, running)


def walk_all(owner: User) -> Iterator[tuple[Situation, Situation, Walk]]:
    """Yield (situation, the next one, the walk that took this step) for every step in every situation."""
    ways: dict[Situation, tuple[str, ...]] = {Walk(owner, is_sent=False).situation: ()}
    waiting = list(ways.items())
    while waiting:
        before, way = waiting.pop(0)
        for step in filter(before.allows, STEPS):
            walk = Walk(owner, is_sent=False)
            for each in way:
                walk.play(each)
            walk.play(step)
            after = walk.situation
            yield before, after, walk
            if after not in ways and len(way) < DEEPEST:
                ways[after] = (*way, step)
                waiting.append((after, ways[after]))


def test_every_state_is_reached_and_left(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "_verify", lambda photo: None)
    left: dict[str, set[str]] = {state: set() for state in State}
    seen: set[Situation] = set()
    for before, after, walk in walk_all(alice):
        if after.state != before.state:
            left[before.state].add(after.state)
        if after in seen:
            continue
        seen.add(after)
        walk.check()
        if after.state in {State.RECEIVED, State.PROCESSING}:
            walk.settle()
            assert (walk.photo.state, walk.photo.stage) == (State.READY, Stage.FULL), after
    for state, ways in WAYS.items():
        assert ways <= left[state], state
