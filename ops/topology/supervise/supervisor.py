"""Starts all components by their needs, keeps them running, does what is asked, stops all in order."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Coroutine, Iterable
from typing import Any

from ops.topology.machine.layout import LOW_DISK_BYTES, disk_sentence, free_bytes, shown, write_private
from ops.topology.machine.trouble import Trouble
from ops.topology.servers import catalogue, pods, replication
from ops.topology.servers.edge import Balancer
from ops.topology.servers.postgres import Server
from ops.topology.site.site import Site
from ops.topology.site.spec import STOP_ORDER, Role, Spec, State
from ops.topology.supervise import announcement, failover, growth
from ops.topology.supervise.component import Component
from ops.topology.supervise.screen import Screen

DISK_SECONDS = 30.0
DRAW_SECONDS = 0.1
FOLLOW_SECONDS = 0.1
SCALED = {"web": (Role.WEB, pods.web), "workers": (Role.WORKER, pods.worker)}
MOST_PODS = 16


class Supervisor:
    """One running topology. `run` returns the exit code; the verbs are called by the control socket."""

    def __init__(self, site: Site, screen: Screen) -> None:
        self.site, self.screen = site, screen
        self.balancer = Balancer(site)
        self.components: dict[str, Component] = {}
        self.seconds = 0.0  # that the start took, once it is over
        self._changed = asyncio.Event()
        self._stop_asked = asyncio.Event()
        self._background: set[asyncio.Task[None]] = set()
        self._reshaping = asyncio.Lock()  # promotions and additions, one after another
        self._rolling = asyncio.Lock()
        for spec in catalogue.components(site, self.balancer):
            self.add(spec)

    async def run(self) -> int:
        """Start everything, stay until asked to stop, stop everything. 0 when the start succeeded."""
        self._listen_for_signals()
        drawing = asyncio.create_task(self._draw())
        for component in self.components.values():
            component.start(self.components)
        try:
            if await self._all_settled():
                drawing.cancel()
                self._announce()
                watching = asyncio.create_task(self._watch_disk())
                await self._stop_asked.wait()
                watching.cancel()
        except Trouble as trouble:
            self.screen.say(f"\n{trouble}")
            return 1
        finally:
            drawing.cancel()
            self.site.layout.ready.unlink(missing_ok=True)
            await self.stop_all()
        return 0

    def ask_to_stop(self) -> None:
        """Stop in order; asked twice, kill."""
        if self._stop_asked.is_set():
            self.screen.stamp("Asked again: killing everything.")
            for component in self.components.values():
                component.kill()
        self._stop_asked.set()

    async def stop_all(self) -> None:
        """Stop tier by tier: what serves people first, what keeps their data last."""
        self._stop_asked.set()
        began = time.monotonic()
        self.screen.say("\nStopping …")
        for roles in STOP_ORDER:
            tier = [each for each in self.components.values() if each.spec.role in roles]
            await asyncio.gather(*(component.stop() for component in tier))
        self.screen.say(
            f"Stopped in {time.monotonic() - began:.1f} s. The data stays in {shown(self.site.layout.var)}"
        )

    # ---- verbs ----

    def named(self, word: str) -> list[Component]:
        """The component of that name, or all of a role. Raises Trouble with the names that exist."""
        found = [each for each in self.components.values() if word in {each.name, each.spec.role.value}]
        if not found:
            raise Trouble(f"There is no component {word!r}. There are: {', '.join(self.components)}")
        return found

    def kill(self, word: str, signal_name: str) -> list[str]:
        """Send a signal to the main process only, as an accident would."""
        number = parse_signal(signal_name)
        running = [each for each in self.named(word) if each.pid]
        for component in running:
            os.kill(component.pid or 0, number)
        return [component.name for component in running]

    async def stop(self, word: str) -> list[str]:
        """Stop components until they are started again; a web pod is taken out of the load balancer first."""
        components = self.named(word)
        await self._stop_waiting_for(components)
        await self._stop_gently(components)
        return [component.name for component in components]

    async def start(self, word: str) -> list[str]:
        """Start components and wait until they are ready."""
        components = self.named(word)
        await self.start_and_wait(components)
        return [component.name for component in components]

    async def restart(self, word: str) -> list[str]:
        """Restart components one after another, so that a role of several stays available."""
        components = self.named(word)
        for component in components:
            await self._stop_gently([component])
            await self.start_and_wait([component])
        return [component.name for component in components]

    async def scale(self, wanted: dict[str, int]) -> list[str]:
        """Have so many web pods and workers; returns the names that were added (+) and taken away (-)."""
        changes: list[str] = []
        for what, count in wanted.items():
            if what not in SCALED or not 0 <= count <= MOST_PODS:
                raise Trouble(f"Say web=N and workers=N, with N from 0 to {MOST_PODS}.")
        for what, count in wanted.items():
            changes += await self._scale(what, count)
        return changes

    async def promote(self, name: str, number: int | None) -> list[str]:
        """Make a replica the primary of its group; returns what was done, in sentences."""
        async with self._reshaping:
            return await failover.promote(self, name, number)

    async def grow(self, name: str) -> list[str]:
        """Add a shard or a replica; returns the names of the new servers."""
        async with self._reshaping:
            added = await growth.add(self, name)
        await self.roll()  # without holding up a promotion
        return added

    # ---- for promotions and additions ----

    def add(self, spec: Spec) -> Component:
        """Know of a component, which is not started yet."""
        component = Component(spec, self.site.layout, changed=self._note, said=self.screen.stamp)
        self.components[spec.name] = component
        return component

    def sort(self) -> None:
        """List new servers beside the others."""
        servers = self.site.shape.servers
        names = [*servers, *(name for name in self.components if name not in servers)]
        self.components = {name: self.components[name] for name in names}

    def renew_pods(self) -> None:
        """Give every pod, for its next start, the environment as it is now."""
        self.components[pods.PROVISION].spec = pods.provision(self.site)
        for component in self._of(Role.WEB):
            component.spec = pods.web(self.site, pod_number(component.name))
        for component in self._of(Role.WORKER):
            component.spec = pods.worker(self.site, pod_number(component.name))
        for component in self._of(Role.SCHEDULER):
            component.spec = pods.scheduler(self.site)

    async def roll(self) -> None:
        """Restart the pods one after another, so that they get their new environment and visitors notice nothing."""
        async with self._rolling:
            pods_of = (each for role in (Role.WEB, Role.WORKER, Role.SCHEDULER) for each in self._of(role))
            for component in list(pods_of):
                if component.state not in {State.STOPPED, State.STOPPING}:
                    await self._stop_gently([component])
                    await self.start_and_wait([component])

    async def start_and_wait(self, components: list[Component]) -> None:
        """Start components, unless they run, and wait until they are ready. Raises Trouble when one fails."""
        for component in components:
            if component.state in {State.STOPPED, State.FAILED, State.DONE}:
                component.settled.clear()
            component.start(self.components)
        for component in components:
            while component.state is not State.READY and not component.settled.is_set():
                _raise_failure([component])
                if component.state in {State.STOPPING, State.STOPPED} or self._stop_asked.is_set():
                    raise Trouble(f"{component.name} was stopped meanwhile.")
                await asyncio.sleep(0.05)
        await self._follow()

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Go on with something while the commands are answered again."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # ---- inside ----

    def _note(self, component: Component) -> None:
        self.screen.note(component)
        self._changed.set()
        if self.seconds and component.state is State.READY:
            self._write_facts()
        if component.spec.role in {Role.WEB, Role.EDGE}:
            self.in_background(self._follow_soon())

    async def _follow_soon(self) -> None:
        """Let changes gather, so that pods that come together cost one reload."""
        await asyncio.sleep(FOLLOW_SECONDS)
        await self._follow()

    async def _follow(self) -> None:
        edge = self.components["edge"]
        if edge.state is State.STARTING or self._stop_asked.is_set():
            return  # it does not listen to signals yet; that it is ready will bring us here again
        ready = [each.name for each in self._of(Role.WEB) if each.state is State.READY]
        await self.balancer.follow(ready, edge.pid if edge.state is State.READY else None)

    def _of(self, role: Role) -> list[Component]:
        return [each for each in self.components.values() if each.spec.role is role]

    async def _all_settled(self) -> bool:
        """Wait for the start; False when it was cut short. Raises Trouble when a component failed."""
        while not self._stop_asked.is_set():
            self._changed.clear()
            _raise_failure(self.components.values())
            if all(each.settled.is_set() for each in self.components.values()):
                await self._follow()
                return True
            waiters = [asyncio.create_task(each.wait()) for each in (self._changed, self._stop_asked)]
            await asyncio.wait(waiters, return_when=asyncio.FIRST_COMPLETED)
            for waiter in waiters:
                waiter.cancel()
        return False

    async def _stop_waiting_for(self, components: list[Component]) -> None:
        """No commit shall wait for a replica that is stopped on purpose."""
        for component in components:
            if component.spec.role is Role.REPLICA:
                group = self.site.shape.group_of(component.name)
                await replication.stop_waiting_for(Server(self.site, group.primary), component.name)

    async def _stop_gently(self, components: list[Component]) -> None:
        for component in components:
            if component.spec.role is Role.WEB and component.state is State.READY:
                component.drain()
        await self._follow()
        await asyncio.gather(*(component.stop() for component in components))

    async def _scale(self, what: str, count: int) -> list[str]:
        role, make = SCALED[what]
        existing = {pod_number(each.name): each for each in self._of(role)}
        added = [self.add(make(self.site, n)) for n in range(1, count + 1) if n not in existing]
        removed = [each for number, each in existing.items() if number > count]
        await self._stop_gently(removed)
        for component in removed:
            del self.components[component.name]
        await self.start_and_wait(added)
        return [f"+{each.name}" for each in added] + [f"-{each.name}" for each in removed]

    def _listen_for_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.ask_to_stop)

    async def _draw(self) -> None:
        while True:
            self.screen.draw(self.components.values())
            await asyncio.sleep(DRAW_SECONDS)

    def _announce(self) -> None:
        self.screen.draw(self.components.values())
        self.seconds = time.monotonic() - self.screen.began
        self._write_facts()
        self.screen.finish_start(announcement.summary(self.site, self.seconds))

    def _write_facts(self) -> None:
        """Tell programs where everything is; its being there says that everything is ready."""
        pids = {name: each.pid for name, each in self.components.items() if each.pid}
        write_private(self.site.layout.ready, announcement.facts(self.site, self.seconds, pids))

    async def _watch_disk(self) -> None:
        was_low = False
        while True:
            free = free_bytes(self.site.layout.var)
            if free < LOW_DISK_BYTES and not was_low:
                self.screen.stamp(disk_sentence(self.site.layout.var, free))
            was_low = free < LOW_DISK_BYTES
            await asyncio.sleep(DISK_SECONDS)


def pod_number(name: str) -> int:
    return int(name.rpartition("-")[2])


def parse_signal(name: str) -> signal.Signals:
    """`KILL`, `SIGKILL` or `9`. Raises Trouble for anything else."""
    with contextlib.suppress(ValueError):
        return signal.Signals(int(name))
    with contextlib.suppress(KeyError):
        return signal.Signals[f"SIG{name.upper().removeprefix('SIG')}"]
    raise Trouble(f"There is no signal {name!r}: say for example KILL, TERM, STOP or CONT.")


def _raise_failure(components: Iterable[Component]) -> None:
    for component in components:
        if component.state is State.FAILED:
            raise Trouble(f"{component.name} {component.failure}")
