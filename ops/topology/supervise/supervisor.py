"""The supervisor of a site: starts all components, runs the operator's commands, stops everything in order."""

import asyncio
import contextlib
import os
import signal
import time

from ops.topology.machine.layout import (
    LOW_DISK_BYTES,
    as_typed,
    free_bytes,
    low_disk_message,
    write_private,
)
from ops.topology.machine.trouble import Trouble
from ops.topology.servers import pods, replication
from ops.topology.servers.postgres_server import Server
from ops.topology.site.shape import MOST_PODS
from ops.topology.site.site import Site
from ops.topology.site.spec import STOP_ORDER, Role, State
from ops.topology.supervise import failover, growth, ready_report
from ops.topology.supervise.component import Component
from ops.topology.supervise.fleet import POD_ROLES, Fleet, pod_number, raise_failure
from ops.topology.supervise.screen import Screen

DISK_SECONDS = 30.0
DRAW_SECONDS = 0.1
SCALABLE = {"web": (Role.WEB, pods.web), "workers": (Role.WORKER, pods.worker)}


class Supervisor:
    """One running site. `run` returns the exit code; the control socket calls the commands."""

    def __init__(self, site: Site, screen: Screen) -> None:
        self.site, self.screen = site, screen
        self.seconds = 0.0  # how long the start took; 0 until it is over
        self.fleet = Fleet(site, changed=self._note, report=screen.stamp)
        self._changed = asyncio.Event()
        self._reshaping = asyncio.Lock()  # one promotion or addition at a time

    async def run(self) -> int:
        """Start everything, wait for the request to stop, stop everything. 0 when the start succeeded."""
        self._listen_for_signals()
        drawing = asyncio.create_task(self._draw())
        for component in self.fleet.components.values():
            component.start(self.fleet.components)
        try:
            if await self._all_settled():
                drawing.cancel()
                self._finish_start()
                watching = asyncio.create_task(self._watch_disk())
                await self.fleet.stop_requested.wait()
                watching.cancel()
        except Trouble as trouble:
            self.screen.say(f"\n{trouble}")
            return 1
        finally:
            drawing.cancel()
            self.site.layout.ready.unlink(missing_ok=True)
            await self.stop_all()
        return 0

    def request_stop(self) -> None:
        """Stop everything in order; a second request kills everything."""
        if self.fleet.stop_requested.is_set():
            self.screen.stamp("Second request to stop: killing everything.")
            for component in self.fleet.components.values():
                component.kill()
        self.fleet.stop_requested.set()

    async def stop_all(self) -> None:
        """Stop in tiers: what serves visitors first, what keeps their data last."""
        self.fleet.stop_requested.set()
        began = time.monotonic()
        self.screen.say("\nStopping …")
        for roles in STOP_ORDER:
            tier = [each for each in self.fleet.components.values() if each.spec.role in roles]
            await asyncio.gather(*(component.stop() for component in tier))
        self.screen.say(
            f"Stopped in {time.monotonic() - began:.1f} s. The data stays in {as_typed(self.site.layout.var)}"
        )

    # ---- commands; each returns what it prints, names or sentences ----

    def kill(self, words: list[str], signal_name: str) -> list[str]:
        """Send a signal to the main process only, as an accident would."""
        number = parse_signal(signal_name)
        running = [each for each in self.fleet.all_named(words) if each.pid]
        for component in running:
            os.kill(component.pid or 0, number)
        return [component.name for component in running]

    async def stop(self, words: list[str]) -> list[str]:
        """Stop components until `start`; a web pod is taken out of the load balancer first."""
        components = self.fleet.all_named(words)
        await self._release_commits(components)
        await self.fleet.stop_gently(components)
        return [component.name for component in components]

    async def start(self, words: list[str]) -> list[str]:
        """Start components and wait until they are ready. Raises Trouble for pods whose migrations have not run."""
        components = self.fleet.all_named(words)
        await self._check_schema(components)
        await self.fleet.start_and_wait(components)
        return [component.name for component in components]

    async def restart(self, words: list[str]) -> list[str]:
        """Restart components one after another, so that a role of several stays available.

        Raises Trouble, before any is stopped, for pods whose migrations have not run.
        """
        components = self.fleet.all_named(words)
        if components[0].name != pods.PROVISION:  # which runs them
            await self._check_schema(components)
        for component in components:
            await self.fleet.stop_gently([component])
            await self.fleet.start_and_wait([component])
        return [component.name for component in components]

    async def scale(self, counts: dict[str, int]) -> list[str]:
        """Run `counts` of web pods and workers; returns the names that were added (+) and removed (-)."""
        for kind, count in counts.items():
            if kind not in SCALABLE or not 0 <= count <= MOST_PODS:
                raise Trouble(f"Say web=N and workers=N, with N from 0 to {MOST_PODS}.")
        changes: list[str] = []
        for kind, count in counts.items():
            changes += await self._scale(kind, count)
        self.site.shape.keep_pods(counts)
        return changes

    async def promote(self, name: str, number: int | None) -> list[str]:
        """Make a replica the primary of its group; returns what was done, in sentences."""
        async with self._reshaping:
            return await failover.promote(self.fleet, name, number)

    async def grow(self, name: str) -> list[str]:
        """Add a shard or a replica; returns the names of the new servers."""
        async with self._reshaping:
            added = await growth.add(self.fleet, name)
        await self.fleet.roll()  # outside the lock: a promotion need not wait for it
        return added

    async def _scale(self, kind: str, count: int) -> list[str]:
        role, make_spec = SCALABLE[kind]
        existing = {pod_number(each.name): each for each in self.fleet.with_role(role)}
        missing = [number for number in range(1, count + 1) if number not in existing]
        if missing:
            await pods.check_schema(self.site)
        added = [self.fleet.add(make_spec(self.site, number)) for number in missing]
        removed = [each for number, each in existing.items() if number > count]
        await self.fleet.stop_gently(removed)
        for component in removed:
            self.fleet.remove(component)
        await self.fleet.start_and_wait(added)
        return [f"+{each.name}" for each in added] + [f"-{each.name}" for each in removed]

    async def _check_schema(self, components: list[Component]) -> None:
        if any(each.spec.role in POD_ROLES for each in components):
            await pods.check_schema(self.site)

    async def _release_commits(self, components: list[Component]) -> None:
        """Let no commit wait for a replica that the operator stops."""
        for component in components:
            if component.spec.role is Role.REPLICA:
                group = self.site.shape.group_of(component.name)
                await replication.stop_waiting_for(Server(self.site, group.primary), component.name)

    # ---- the start, and what the terminal shows ----

    async def _all_settled(self) -> bool:
        """Wait for the start; False when it was cut short. Raises Trouble when a component failed."""
        stop_requested = self.fleet.stop_requested
        while not stop_requested.is_set():
            self._changed.clear()
            raise_failure(self.fleet.components.values())
            if all(each.settled.is_set() for each in self.fleet.components.values()):
                await self.fleet.update_balancer()
                return True
            waiters = [asyncio.create_task(each.wait()) for each in (self._changed, stop_requested)]
            await asyncio.wait(waiters, return_when=asyncio.FIRST_COMPLETED)
            for waiter in waiters:
                waiter.cancel()
        return False

    def _listen_for_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.request_stop)

    def _note(self, component: Component) -> None:
        self.screen.note(component)
        self._changed.set()
        if self.seconds and component.state is State.READY:
            self._write_facts()

    def _finish_start(self) -> None:
        self.screen.draw(self.fleet.components.values())
        self.seconds = time.monotonic() - self.screen.began
        self._write_facts()
        self.screen.finish_start(ready_report.summary(self.site, self.seconds))

    def _write_facts(self) -> None:
        """Write `ready.json`: addresses and pids for programs, which also wait for the file to appear."""
        pids = {name: each.pid for name, each in self.fleet.components.items() if each.pid}
        write_private(self.site.layout.ready, ready_report.facts(self.site, self.seconds, pids))

    async def _draw(self) -> None:
        while True:
            self.screen.draw(self.fleet.components.values())
            await asyncio.sleep(DRAW_SECONDS)

    async def _watch_disk(self) -> None:
        was_low = False
        while True:
            free = free_bytes(self.site.layout.var)
            if free < LOW_DISK_BYTES and not was_low:
                self.screen.stamp(low_disk_message(self.site.layout.var, free))
            was_low = free < LOW_DISK_BYTES
            await asyncio.sleep(DISK_SECONDS)


def parse_signal(name: str) -> signal.Signals:
    """Return the signal of `KILL`, `SIGKILL` or `9`. Raises Trouble for anything else."""
    with contextlib.suppress(ValueError):
        return signal.Signals(int(name))
    with contextlib.suppress(KeyError):
        return signal.Signals[f"SIG{name.upper().removeprefix('SIG')}"]
    raise Trouble(f"There is no signal {name!r}: say for example KILL, TERM, STOP or CONT.")
