"""All components of a running site: added, started, rolled and stopped; the load balancer follows the web pods."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from ops.topology.machine.trouble import Trouble
from ops.topology.servers import component_list, pods
from ops.topology.servers.edge import Balancer
from ops.topology.site.site import Site
from ops.topology.site.spec import Role, Spec, State
from ops.topology.supervise.component import Component

FOLLOW_SECONDS = 0.1
POD_ROLES = (Role.WEB, Role.WORKER, Role.SCHEDULER)


class Fleet:
    """The components by name. `changed` is called with a component after each new state, `report` with sentences.

    `stop_requested` is set once the whole site is to stop.
    """

    def __init__(
        self, site: Site, *, changed: Callable[[Component], None], report: Callable[[str], None]
    ) -> None:
        self.site, self.report = site, report
        self.balancer = Balancer(site)
        self.components: dict[str, Component] = {}
        self.stop_requested = asyncio.Event()
        self._changed = changed
        self._background: set[asyncio.Task[None]] = set()
        self._rolling = asyncio.Lock()
        for spec in component_list.specs(site, self.balancer):
            self.add(spec)

    def add(self, spec: Spec) -> Component:
        """Add a component without starting it."""
        component = Component(spec, self.site.layout, changed=self._note, report=self.report)
        self.components[spec.name] = component
        return component

    def remove(self, component: Component) -> None:
        """Forget a component that has stopped."""
        del self.components[component.name]

    def sort(self) -> None:
        """Put the database servers first, in the order of the shape: a new one stands beside its group."""
        servers = self.site.shape.servers
        names = [*servers, *(name for name in self.components if name not in servers)]
        self.components = {name: self.components[name] for name in names}

    def named(self, word: str) -> list[Component]:
        """Return the component of that name, or all of that role. Raises Trouble with the names that exist."""
        name = self.site.shape.server_of(word)
        matches = [each for each in self.components.values() if name in {each.name, each.spec.role.value}]
        if not matches:
            raise Trouble(f"There is no component {word!r}. There are: {', '.join(self.components)}")
        return matches

    def all_named(self, words: Iterable[str]) -> list[Component]:
        """Return what `named` returns for each word, in that order, each component once."""
        return list(dict.fromkeys(component for word in words for component in self.named(word)))

    def with_role(self, role: Role) -> list[Component]:
        """Return the components of one role."""
        return [each for each in self.components.values() if each.spec.role is role]

    def renew_pods(self) -> None:
        """Give every pod the present environment, which it reads when it starts next."""
        self.components[pods.PROVISION].spec = pods.provision(self.site)
        for component in self.with_role(Role.WEB):
            component.spec = pods.web(self.site, pod_number(component.name))
        for component in self.with_role(Role.WORKER):
            component.spec = pods.worker(self.site, pod_number(component.name))
        for component in self.with_role(Role.SCHEDULER):
            component.spec = pods.scheduler(self.site)

    async def roll(self) -> None:
        """Restart the pods one after another, so that they read their new environment and visitors notice nothing."""
        async with self._rolling:
            for component in [each for role in POD_ROLES for each in self.with_role(role)]:
                if component.state not in {State.STOPPED, State.STOPPING}:
                    await self.stop_gently([component])
                    await self.start_and_wait([component])

    async def start_and_wait(self, components: list[Component]) -> None:
        """Start components, unless they run, and wait until they are ready. Raises Trouble when one fails."""
        for component in components:
            if component.state in {State.STOPPED, State.FAILED, State.DONE}:
                component.settled.clear()
            component.start(self.components)
        for component in components:
            while component.state is not State.READY and not component.settled.is_set():
                raise_failure([component])
                if component.state in {State.STOPPING, State.STOPPED} or self.stop_requested.is_set():
                    raise Trouble(f"{component.name} was stopped before it was ready.")
                await asyncio.sleep(0.05)
        await self.update_balancer()

    async def stop_gently(self, components: list[Component]) -> None:
        """Stop components; web pods are taken out of the load balancer first."""
        for component in components:
            if component.spec.role is Role.WEB and component.state is State.READY:
                component.drain()
        await self.update_balancer()
        await asyncio.gather(*(component.stop() for component in components))

    async def update_balancer(self) -> None:
        """Let the load balancer send requests to the web pods that are ready, and to no other."""
        edge = self.components["edge"]
        if edge.state is State.STARTING or self.stop_requested.is_set():
            return  # a starting nginx hears no signal yet; this is called again when it is ready
        ready = [each.name for each in self.with_role(Role.WEB) if each.state is State.READY]
        await self.balancer.follow(ready, edge.pid if edge.state is State.READY else None)

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run work beside the commands; the task is held until it ends."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _note(self, component: Component) -> None:
        self._changed(component)
        if component.spec.role in {Role.WEB, Role.EDGE}:
            self.in_background(self._update_balancer_soon())

    async def _update_balancer_soon(self) -> None:
        """Wait for more changes, so that pods that become ready together cost one reload."""
        await asyncio.sleep(FOLLOW_SECONDS)
        await self.update_balancer()


def pod_number(name: str) -> int:
    """Return the number at the end of a pod's name: 2 for `web-2`."""
    return int(name.rpartition("-")[2])


def raise_failure(components: Iterable[Component]) -> None:
    """Raise Trouble for the first component that has failed."""
    for component in components:
        if component.state is State.FAILED:
            raise Trouble(f"{component.name} {component.failure}")
