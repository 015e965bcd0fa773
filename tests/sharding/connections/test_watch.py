"""Watching a replica whose answers the test gives, without a database."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from sharding.connections import watch as watching
from sharding.connections.probe import EVERYTHING, Answer, NoAnswer, Probe
from sharding.connections.watch import Lag, Watch


def _answer(replayed: int = 100, *, missing: int = 0, age: float = 0.0, streaming: bool = True) -> Answer:
    return Answer(replayed, replayed + missing, last_commit_age_seconds=age, is_streaming=streaming)


class FakeProbe(Probe):
    """A probe with given answers, or none."""

    def __init__(self, answer: Answer | None) -> None:
        super().__init__("fake")
        self.answer = answer
        self.questions = 0
        self.pause_seconds = 0.0
        self.has_a_bug = False

    def ask(self) -> Answer:
        self.questions += 1
        time.sleep(self.pause_seconds)
        if self.has_a_bug:
            raise ZeroDivisionError
        if self.answer is None:
            raise NoAnswer("it is gone")
        return self.answer


class Scene:
    def __init__(self) -> None:
        self.replica = FakeProbe(_answer())
        self.primary = FakeProbe(_answer(EVERYTHING))
        self.dropped: list[str] = []
        self.watch = Watch("r1", self.replica, self.primary, on_drop=self.dropped.append)

    def replayed(self, *, fresh: bool = False) -> int | None:
        sighting = self.watch.find(not_before=time.monotonic() - (0 if fresh else 0.1))
        return sighting.replayed if sighting else None


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.replica.pause_seconds = 0
    scene.watch.stop()


def test_the_first_question_waits_for_the_first_answer(scene: Scene) -> None:
    assert _eventually(lambda: scene.replayed() == 100)


def test_many_readers_share_few_questions(scene: Scene) -> None:
    for _ in range(1000):
        assert scene.replayed() == 100
    assert scene.replica.questions < 50


def test_a_fresh_question_is_answered_with_what_is_so_now(scene: Scene) -> None:
    assert scene.replayed() == 100
    scene.replica.answer = _answer(200)
    assert scene.replayed(fresh=True) == 200


def test_readers_that_wait_together_are_served_by_one_question(scene: Scene) -> None:
    scene.replayed()
    scene.replica.pause_seconds = 0.01
    before = scene.replica.questions
    lsns: list[int | None] = []
    threads = [threading.Thread(target=lambda: lsns.append(scene.replayed(fresh=True))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lsns == [100] * 20
    assert scene.replica.questions - before < 15


def test_a_silent_replica_is_passed_over_without_waiting_long(scene: Scene) -> None:
    scene.replayed()
    scene.replica.pause_seconds = 0.5
    time.sleep(0.15)
    started = time.monotonic()
    assert scene.replayed() is None
    assert time.monotonic() - started < 0.45
    assert scene.dropped == []


def test_a_replica_that_fails_is_dropped_and_comes_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "BACK_OFF_SECONDS", (0.05, 0.05, 0.05))
    assert scene.replayed() == 100
    scene.replica.answer = None
    assert scene.replayed(fresh=True) is None
    assert _eventually(lambda: scene.dropped == ["r1"])
    scene.replica.answer = _answer(300)
    assert _eventually(lambda: scene.replayed() == 300)
    assert scene.dropped == ["r1"]


def test_a_dropped_replica_costs_its_readers_no_wait_and_is_left_alone_for_a_while(scene: Scene) -> None:
    scene.replica.answer = None
    assert scene.replayed() is None
    before, started = scene.replica.questions, time.monotonic()
    for _ in range(100):
        assert scene.replayed() is None
    assert time.monotonic() - started < 0.5
    assert scene.replica.questions - before <= 1


def test_a_replica_dropped_before_an_idle_time_is_asked_again_at_the_next_read(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "BACK_OFF_SECONDS", (0.01,))
    monkeypatch.setattr(watching, "IDLE_SECONDS", 0.05)
    scene.replica.answer = None
    assert scene.replayed() is None
    time.sleep(0.2)
    scene.replica.answer = _answer()
    assert _eventually(lambda: scene.replayed() == 100)


def test_a_replica_is_not_asked_without_readers(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "IDLE_SECONDS", 0.05)
    scene.replayed()
    time.sleep(0.2)
    before = scene.replica.questions
    time.sleep(0.3)
    assert scene.replica.questions == before
    assert scene.replayed() == 100


def test_the_watch_outlives_a_bug(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "BACK_OFF_SECONDS", (0.05,))
    scene.replica.has_a_bug = True
    assert _eventually(lambda: scene.replayed() is None and scene.dropped == ["r1"])
    scene.replica.has_a_bug = False
    assert _eventually(lambda: scene.replayed() == 100)


def test_a_doubted_replica_must_answer_again_first(scene: Scene) -> None:
    scene.replayed()
    scene.replica.answer = None
    scene.watch.doubt()
    assert scene.replayed() is None
    assert _eventually(lambda: scene.dropped == ["r1"])


def test_a_lagging_replica_is_dropped_and_returns_only_well_within_the_limit(
    scene: Scene, settings: Settings
) -> None:
    settings.REPLICA_MAX_LAG_SECONDS = 10
    watch = scene.watch
    for lag_seconds, is_dropped in ((9, False), (11, True), (9, True), (6, True), (4, False), (9, False)):
        watch.dropped_because = watch._judge(_answer(), lag_seconds)
        assert bool(watch.dropped_because) is is_dropped, lag_seconds


def test_a_replica_cut_off_from_a_living_primary_is_dropped(scene: Scene) -> None:
    assert _eventually(lambda: bool(scene.watch._judge(_answer(streaming=False), 60)))


def test_a_replica_whose_primary_is_dead_keeps_answering(scene: Scene) -> None:
    scene.primary.answer = None
    for _ in range(5):
        assert scene.watch._judge(_answer(streaming=False), 60) == ""
        time.sleep(0.01)


def test_an_idle_primary_is_no_lag() -> None:
    lag = Lag()
    for second in range(100):
        assert lag.update(_answer(age=float(second * 3600)), float(second)) == 0


def test_one_late_transaction_after_a_quiet_night_is_no_lag() -> None:
    lag = Lag()
    lag.update(_answer(age=36_000), 0.05)
    assert lag.update(_answer(missing=10, age=36_000), 0.1) < 0.2


def test_a_busy_replica_that_is_never_level_lags_by_what_it_takes_to_replay() -> None:
    """Also during a transaction of hours, when the last commit is old."""
    lag = Lag()
    for tick in range(10_000):
        assert lag.update(_answer(tick * 100, missing=150, age=tick * 0.05), tick * 0.05) <= 0.11


def test_a_paused_replica_lags_ever_more() -> None:
    lag = Lag()
    lag.update(_answer(), 0.0)
    for second in range(1, 100):
        assert lag.update(_answer(missing=second, age=float(second)), float(second)) == second
    assert lag.update(_answer(199), 100.0) == 0


def test_a_replica_that_has_caught_up_half_is_late_by_the_other_half() -> None:
    lag = Lag()
    for second in range(10):
        lag.update(_answer(100, missing=second * 10), float(second))
    assert lag.update(_answer(150, missing=50), 10.0) == 5


def test_a_replica_that_is_not_connected_lags_although_it_has_replayed_all() -> None:
    lag = Lag()
    lag.update(_answer(), 0.0)
    for second in range(1, 12):
        assert lag.update(_answer(streaming=False, age=0), float(second)) == second


def test_lag_begins_anew_after_a_time_without_watching() -> None:
    lag = Lag()
    lag.update(_answer(), 0.0)
    assert lag.update(_answer(age=5000), 5000.0) == 0


def test_a_replica_that_was_paused_while_not_watched_is_late() -> None:
    assert Lag().update(_answer(missing=10, age=5000), 0.0) == 5000
    assert Lag().update(_answer(missing=10, age=float("inf")), 0.0) == float("inf")


def test_a_write_just_before_the_first_question_drops_no_replica(scene: Scene) -> None:
    """An idle site: the last commit is a minute old, and the new one has been received but not replayed yet."""
    scene.replica.answer = _answer(missing=10, age=59.9)
    assert scene.replayed() == 100
    scene.replica.answer = _answer(110)
    assert _eventually(lambda: scene.replayed(fresh=True) == 110)
    assert scene.dropped == []


def test_a_replica_that_was_late_already_is_dropped_soon_after_the_first_question(scene: Scene) -> None:
    scene.replica.answer = _answer(missing=10, age=59.9)
    started = time.monotonic()
    assert _eventually(lambda: scene.replayed(fresh=True) is None and scene.dropped == ["r1"])
    assert time.monotonic() - started < watching.SETTLING_SECONDS + 0.5


def test_a_dropped_replica_does_not_return_on_a_guess(scene: Scene) -> None:
    scene.watch.dropped_because = "it was late"
    scene.replica.answer = _answer(missing=10, age=59.9)
    scene.watch.step()
    assert scene.watch.dropped_because


def test_a_guess_ends_with_what_was_missing_or_with_time() -> None:
    for answer, asked_at, lag_seconds in ((_answer(110), 0.1, 0), (_answer(missing=10, age=61), 1.0, 61)):
        lag = Lag()
        lag.update(_answer(missing=10, age=60), 0.0)
        guesses = [lag.is_guess]
        assert lag.update(answer, asked_at) == lag_seconds
        assert [*guesses, lag.is_guess] == [True, False]


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 9), st.integers(0, 9), st.booleans()), max_size=60))
def test_lag_is_never_negative_nor_longer_than_the_watch(steps: list[tuple[float, int, int, bool]]) -> None:
    lag, now, received, replayed = Lag(), 0.0, 0, 0
    for pause, more_received, more_replayed, streaming in steps:
        now += pause
        received += more_received
        replayed = min(received, replayed + more_replayed)
        answer = _answer(replayed, missing=received - replayed, streaming=streaming)
        assert 0 <= lag.update(answer, now) <= now


def _eventually(is_so: Callable[[], bool], seconds: float = 3.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.01)
    return False
