import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.topology.machine.layout import Layout
from ops.topology.machine.process import is_frozen, processes_in
from ops.topology.machine.trouble import Trouble
from ops.topology.site.spec import Role, Spec, State
from ops.topology.supervise.component import Backoff, Component

SLEEP = ["sleep", "60"]


@dataclass
class Watched:
    """A component with all its states and reports."""

    component: Component
    states: list[State] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)

    async def until(self, state: State, seconds: float = 5) -> None:
        deadline = time.monotonic() + seconds
        while self.component.state is not state:
            assert time.monotonic() < deadline, f"it is {self.component.state}, not {state}"
            await asyncio.sleep(0.01)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path / "var")
    made.make()
    return made


def make(layout: Layout, argv: list[str], **more: object) -> Watched:
    plain = Spec(name="web-1", role=Role.WEB, argv=argv, environ=os.environ)
    spec = replace(plain, **more)  # type: ignore[arg-type]  # a test names only fields of Spec
    states: list[State] = []
    reports: list[str] = []
    component = Component(spec, layout, lambda each: states.append(each.state), reports.append)
    return Watched(component, states, reports)


async def eventually(is_so: Callable[[], bool], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def play(scene: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await scene()

    asyncio.run(whole())


@given(st.lists(st.floats(0, 4.9), min_size=1, max_size=12))
def test_each_quick_death_doubles_the_pause_up_to_a_limit(lives: list[float]) -> None:
    backoff = Backoff()
    pauses = [backoff.next_seconds(lived) for lived in lives]
    assert pauses == sorted(pauses)
    assert pauses[0] == backoff.first_seconds
    assert pauses[-1] <= backoff.longest_seconds


def test_a_long_life_makes_the_pause_short_again() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.next_seconds(0)
    assert backoff.next_seconds(backoff.long_life_seconds) == backoff.first_seconds


def test_it_prepares_starts_becomes_ready_and_stops(layout: Layout) -> None:
    watched = make(layout, SLEEP)

    async def scene() -> None:
        watched.component.start({})
        await watched.until(State.READY)
        assert (layout.pids / "web-1.pid").exists()
        await watched.component.stop()

    play(scene)
    seen = list(dict.fromkeys(watched.states))
    assert seen == [
        State.WAITING, State.PREPARING, State.STARTING, State.READY, State.STOPPING, State.STOPPED,
    ]  # fmt: skip
    assert not list(layout.pids.iterdir())


def test_one_that_is_killed_comes_back_with_another_pid(layout: Layout) -> None:
    watched = make(layout, SLEEP)

    async def scene() -> None:
        watched.component.start({})
        await watched.until(State.READY)
        first = watched.component.pid
        assert first
        os.kill(first, signal.SIGKILL)
        await watched.until(State.RESTARTING)
        await watched.until(State.READY)
        assert watched.component.pid != first
        await watched.component.stop()

    play(scene)
    assert watched.component.restarts == 1
    assert watched.reports[0] == "web-1 ended with SIGKILL: starting it again"
    assert watched.reports[1].startswith("web-1 is back after")


def test_one_that_never_gets_ready_fails_with_its_last_lines_and_a_cure(layout: Layout) -> None:
    watched = make(layout, ["sh", "-c", "echo No space left on device; exit 1"], is_ready=never)

    async def scene() -> None:
        watched.component.start({})
        await watched.until(State.FAILED)

    play(scene)
    assert "ended with code 1 before it was ready" in watched.component.failure
    assert "No space left on device\nThe disk is full" in watched.component.failure


def test_one_that_takes_too_long_is_killed_and_fails(layout: Layout) -> None:
    watched = make(layout, SLEEP, is_ready=never, start_seconds=0.1)

    async def scene() -> None:
        watched.component.start({})
        await watched.until(State.FAILED)
        assert watched.component.pid is None

    play(scene)
    assert "was not ready after" in watched.component.failure


def test_a_failed_preparation_is_the_failure(layout: Layout) -> None:
    async def prepare() -> None:
        raise Trouble("initdb ended with code 1")

    watched = make(layout, SLEEP, prepare=prepare)

    async def scene() -> None:
        watched.component.start({})
        await watched.until(State.FAILED)

    play(scene)
    assert watched.component.failure == "initdb ended with code 1"


def test_a_program_that_does_not_exist_is_the_failure(layout: Layout) -> None:
    watched = make(layout, ["/does/not/exist"])

    async def scene() -> None:
        watched.component.start({})
        await watched.until(State.FAILED)

    play(scene)
    assert "cannot be started" in watched.component.failure


def test_an_error_of_the_supervisor_is_a_failure_and_no_endless_wait(layout: Layout) -> None:
    async def prepare() -> None:
        raise LookupError("oops")

    watched = make(layout, SLEEP, prepare=prepare)
    errors: list[str] = []

    async def scene() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: errors.append(repr(context["exception"])))
        watched.component.start({})
        await watched.until(State.FAILED)

    play(scene)
    assert errors == ["LookupError('oops')"]
    assert "oops" in watched.component.failure


def test_it_waits_for_what_it_needs(layout: Layout) -> None:
    first = make(layout, SLEEP)
    second = make(layout, SLEEP, name="web-2", needs=("web-1",))

    async def scene() -> None:
        both = {"web-1": first.component, "web-2": second.component}
        second.component.start(both)
        await asyncio.sleep(0.1)
        assert second.component.state is State.WAITING
        first.component.start(both)
        await second.until(State.READY)
        await asyncio.gather(first.component.stop(), second.component.stop())

    play(scene)


def test_one_that_waits_can_be_stopped(layout: Layout) -> None:
    first, second = make(layout, SLEEP), make(layout, SLEEP, name="web-2", needs=("web-1",))

    async def scene() -> None:
        second.component.start({"web-1": first.component})
        await asyncio.sleep(0.05)
        await second.component.stop()

    play(scene)
    assert second.component.state is State.STOPPED


def test_one_that_ignores_the_signal_is_killed_after_its_time(layout: Layout) -> None:
    deaf = [
        sys.executable,
        "-c",
        "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)",
    ]

    async def is_ready() -> bool:
        return layout.log("web-1").read_text() != ""

    watched = make(layout, deaf, is_ready=is_ready, stop_seconds=0.2)

    async def scene() -> None:
        watched.component.start({})
        await watched.until(State.READY)
        await watched.component.stop()

    play(scene)
    assert watched.component.state is State.STOPPED
    assert watched.component.process
    assert watched.component.process.returncode == -9


def test_a_stopped_one_can_be_started_again(layout: Layout) -> None:
    watched = make(layout, SLEEP)

    async def scene() -> None:
        for _ in range(2):
            watched.component.start({})
            await watched.until(State.READY)
            await watched.component.stop()

    play(scene)


def test_a_job_is_done_when_it_ends_well(layout: Layout) -> None:
    watched = make(layout, ["true"], role=Role.SETUP)

    async def scene() -> None:
        watched.component.start({})
        await asyncio.wait_for(watched.component.settled.wait(), 5)

    play(scene)
    assert watched.component.state is State.DONE


def test_a_job_that_fails_is_not_tried_again(layout: Layout) -> None:
    watched = make(layout, ["sh", "-c", "echo relation does not exist; exit 1"], role=Role.SETUP)

    async def scene() -> None:
        watched.component.start({})
        await watched.until(State.FAILED)

    play(scene)
    assert watched.component.restarts == 0
    assert "relation does not exist" in watched.component.failure


async def never() -> bool:
    return False


def test_a_fenced_component_ends_with_all_its_processes_frozen_or_not(layout: Layout) -> None:
    home = layout.var / "home"
    home.mkdir()
    # The child has a session of its own, as PostgreSQL's backends do.
    script = f"cd {home} && setsid sleep 61 & cd {home} && exec sleep 60"
    watched = make(layout, ["sh", "-c", script], home=home)

    async def scene() -> None:
        watched.component.start({})
        await watched.until(State.READY)
        await eventually(lambda: len(processes_in(home)) == 2)
        for pid in processes_in(home):
            os.kill(pid, signal.SIGSTOP)
        began = time.monotonic()
        await watched.component.fence(patience_seconds=3)
        assert time.monotonic() - began < 2, "a frozen process gets no time to end"
        assert processes_in(home) == []
        assert (watched.component.state, watched.component.pid) == (State.STOPPED, None)

    play(scene)


def test_a_healthy_component_has_time_to_end_before_it_is_fenced(layout: Layout) -> None:
    note = layout.var / "note"
    script = f"trap 'echo farewell > {note}; exit' TERM; while :; do sleep 0.05; done"
    watched = make(layout, ["sh", "-c", script])

    async def scene() -> None:
        watched.component.start({})
        await watched.until(State.READY)
        await asyncio.sleep(0.2)
        await watched.component.fence(patience_seconds=3)
        assert note.read_text() == "farewell\n"
        assert watched.component.state is State.STOPPED
        assert watched.component.restarts == 0

    play(scene)


def test_a_frozen_component_that_is_stopped_is_killed_at_once(layout: Layout) -> None:
    watched = make(layout, SLEEP, stop_seconds=20.0)

    async def scene() -> None:
        watched.component.start({})
        await watched.until(State.READY)
        os.kill(watched.component.pid or 0, signal.SIGSTOP)
        await eventually(lambda: is_frozen(watched.component.pid or 0))
        began = time.monotonic()
        await watched.component.stop()
        assert time.monotonic() - began < 2
        assert watched.component.pid is None

    play(scene)
