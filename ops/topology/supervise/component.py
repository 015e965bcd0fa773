"""The life of one component: prepare, start, become ready, and start again with back-off when it dies."""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ops.topology.machine import diagnosis
from ops.topology.machine.layout import Layout, as_typed
from ops.topology.machine.process import (
    Identity,
    ending,
    is_frozen,
    kill_all_in,
    kill_group,
    last_lines,
    processes_in,
    spawn,
)
from ops.topology.machine.trouble import Trouble
from ops.topology.site.spec import Spec, State

PROBE_SECONDS = 0.05
FIRST_TRIES = 3


@dataclass
class Backoff:
    """The pause before the next try: it doubles with each try, and starts again after a long life.

    A program that cannot start dies within seconds. One that lived longer was killed and comes back at once: a pod that
    is killed every ten seconds must not spend them waiting.
    """

    first_seconds: float = 0.2
    longest_seconds: float = 10.0
    long_life_seconds: float = 5.0
    tries: int = 0

    def next_seconds(self, lived_seconds: float) -> float:
        """Return the pause after a try whose process lived `lived_seconds`."""
        if lived_seconds >= self.long_life_seconds:
            self.tries = 0
        self.tries += 1
        return float(min(self.first_seconds * 2 ** (self.tries - 1), self.longest_seconds))


@dataclass(eq=False)
class Component:
    """Keeps one program running. `changed` is called after each new state, `report` with sentences for the operator."""

    spec: Spec
    layout: Layout
    changed: Callable[["Component"], None]
    report: Callable[[str], None]
    state: State = State.WAITING
    since: float = field(default_factory=time.monotonic)
    restarts: int = 0
    failure: str = ""
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    process: asyncio.subprocess.Process | None = None
    backoff: Backoff = field(default_factory=Backoff)
    _is_wanted: bool = False
    _task: asyncio.Task[None] | None = None
    _log_start: int = 0
    _died_at: float | None = None

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def pid(self) -> int | None:
        """The pid of the main process, None while none runs."""
        return self.process.pid if self.process and self.process.returncode is None else None

    def start(self, others: Mapping[str, "Component"]) -> None:
        """Start once the components that it needs have settled. Does nothing when it runs already."""
        if self._task and not self._task.done():
            return
        self._is_wanted, self.failure, self.backoff = True, "", Backoff()
        needs = [others[name].settled for name in self.spec.needs if name in others]
        self._become(State.WAITING)
        self._task = asyncio.create_task(self._live(needs), name=self.name)
        self._task.add_done_callback(self._note_surprise)

    async def stop(self) -> None:
        """Send its stop signal, kill it when its time is over, and return when it is gone."""
        self._is_wanted = False
        if self._task is None:
            self._become(State.STOPPED)
            return
        if self.process and self.process.returncode is None and not is_frozen(self.process.pid):
            patience = self.spec.stop_seconds if self._was_ready else self.spec.early_stop_seconds
            self._become(State.STOPPING)
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(self.spec.stop_signal)
            await asyncio.wait({self._task}, timeout=patience)
            self.kill()
        elif self.pid:
            self.kill()  # a frozen process reacts to no other signal
        else:
            self._task.cancel()
        await asyncio.wait({self._task})
        self._become(State.STOPPED)

    async def fence(self, *, patience_seconds: float) -> None:
        """Stop it with every process in its home, killing them after `patience_seconds`.

        Raises Trouble when one of them survives.
        """
        self._is_wanted = False
        if patience_seconds and self._task and self.pid and not is_frozen(self.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, self.spec.stop_signal)
            await asyncio.wait({self._task}, timeout=patience_seconds)
        self.kill()
        home = self.spec.home
        if home and not await asyncio.to_thread(kill_all_in, home):
            raise Trouble(f"{self.name} cannot be stopped: processes {processes_in(home)} survive SIGKILL.")
        await self.stop()

    def kill(self) -> None:
        """Kill it with its descendants, and do not start it again."""
        self._is_wanted = False
        if self.pid:
            kill_group(self.pid)

    def drain(self) -> None:
        """Mark it as draining: the load balancer sends it no more requests."""
        self._become(State.DRAINING)

    async def _live(self, needs: list[asyncio.Event]) -> None:
        for need in needs:
            await need.wait()
        while self._goes_on:
            began = time.monotonic()
            try:
                await self._one_life()
            except Trouble as trouble:
                self._complain(str(trouble))
            except OSError as error:
                self._complain(f"cannot be started: {error}")
            if self._goes_on:
                await self._pause(time.monotonic() - began)

    async def _one_life(self) -> None:
        """Prepare, start, wait until the process ends. Raises Trouble when it never became ready."""
        self._become(State.PREPARING)
        await self.spec.prepare()
        self._become(State.STARTING)
        process = await self._spawn()
        try:
            await self._become_ready(process)
            self._note_return()
            if not self.spec.is_job:
                await process.wait()
                self._note_death(process.returncode or 0)
        finally:
            kill_group(process.pid)
            await process.wait()
            if self.spec.home:
                await asyncio.to_thread(kill_all_in, self.spec.home)
            self._pid_file.unlink(missing_ok=True)

    async def _spawn(self) -> asyncio.subprocess.Process:
        log = self.layout.log(self.name)
        self._log_start = log.stat().st_size if log.exists() else 0
        self.process = await spawn(self.spec.argv, log=log, environ=self.spec.environ)
        identity = Identity.find(self.process.pid)
        if identity:
            identity.write(self._pid_file)
        return self.process

    async def _become_ready(self, process: asyncio.subprocess.Process) -> None:
        deadline = time.monotonic() + self.spec.start_seconds
        while not await self._is_ready(process):
            if process.returncode is not None and self._is_wanted:
                raise Trouble(self._obituary(f"ended with {ending(process.returncode)} before it was ready"))
            if process.returncode is not None:
                return
            if time.monotonic() > deadline:
                raise Trouble(self._obituary(f"was not ready after {self.spec.start_seconds:.0f} s"))
            await asyncio.sleep(PROBE_SECONDS)
        await self.spec.settle()
        if self.state is State.STARTING:
            self._become(State.DONE if self.spec.is_job else State.READY)
        self.settled.set()

    async def _is_ready(self, process: asyncio.subprocess.Process) -> bool:
        if self.spec.is_job or process.returncode is not None:
            return process.returncode == 0 and self.spec.is_job
        with contextlib.suppress(OSError, EOFError, TimeoutError):
            return await asyncio.wait_for(self.spec.is_ready(), timeout=5.0)
        return False

    async def _pause(self, lived_seconds: float) -> None:
        pause = self.backoff.next_seconds(lived_seconds)
        never_settled = not self.settled.is_set()
        if never_settled and (self.spec.is_job or self.backoff.tries >= FIRST_TRIES):
            self._become(State.FAILED)
            return
        self.restarts += 1
        self._become(State.RESTARTING)
        await asyncio.sleep(pause)

    def _note_death(self, code: int) -> None:
        if self._is_wanted:
            self._died_at = time.monotonic()
            self.report(f"{self.name} ended with {ending(code)}: starting it again")

    def _note_surprise(self, task: asyncio.Task[None]) -> None:
        """Fail with a traceback when this class itself breaks: the component must not look as if it were waiting."""
        error = None if task.cancelled() else task.exception()
        if error:
            self.failure = f"cannot be supervised: {error!r}"
            self._become(State.FAILED)
            asyncio.get_running_loop().call_exception_handler({"message": self.name, "exception": error})

    def _note_return(self) -> None:
        if self._died_at is not None and self.state is State.READY:
            self.report(f"{self.name} is back after {time.monotonic() - self._died_at:.1f} s")
            self._died_at = None

    def _complain(self, text: str) -> None:
        """Keep why it failed; report it too once it has settled, since no start waits for it then."""
        self.failure = text
        if self.settled.is_set() and self._is_wanted:
            self.report(f"{self.name}: {text}")

    def _obituary(self, what: str) -> str:
        log = self.layout.log(self.name)
        with log.open("rb") as file:
            file.seek(self._log_start)
            text = last_lines(file.read().decode(errors="replace"))
        return f"{what}. Its last lines:\n{text}\n{diagnosis.cure(text, otherwise=f'The whole log: {as_typed(log)}')}"

    def _become(self, state: State) -> None:
        if state is not self.state:
            self.state, self.since = state, time.monotonic()
        self.changed(self)

    @property
    def _was_ready(self) -> bool:
        return self.state in {State.READY, State.DRAINING}

    @property
    def _goes_on(self) -> bool:
        return self._is_wanted and self.state not in {State.DONE, State.FAILED}

    @property
    def _pid_file(self) -> Path:
        return self.layout.pids / f"{self.name}.pid"
