"""Making a replica the primary of its group: the old one is fenced first, and comes back as a replica."""

import asyncio
from typing import TYPE_CHECKING

from ops.topology.machine.process import is_frozen, kill_all_in
from ops.topology.machine.trouble import Trouble
from ops.topology.servers import postgres, replication
from ops.topology.servers.postgres import Server
from ops.topology.site import environment
from ops.topology.site.shape import Group, replica_name
from ops.topology.site.spec import State
from ops.topology.supervise.component import Component

if TYPE_CHECKING:
    from ops.topology.supervise.supervisor import Supervisor

# A primary that is well may send its replicas what they lack; one that is not gets no time.
FAREWELL_SECONDS = 3.0


async def promote(supervisor: "Supervisor", name: str, number: int | None = None) -> list[str]:
    """Promote a replica of the group of `name`: the one that has most, or that of a number.

    Raises Trouble, before anything is changed, when there is none that could take over.
    """
    shape = supervisor.site.shape
    group = shape.group_of(name)
    chosen = await _choose(supervisor, group, number)
    old = supervisor.components[group.primary]
    can_say_farewell = await _answers(supervisor, group.primary)
    # From here on the old primary is none, whatever becomes of this process.
    shape.put(group.promoted(chosen))
    supervisor.screen.stamp(f"{group.name}: {group.primary} is fenced, {chosen} becomes the primary")
    await old.fence(patience_seconds=FAREWELL_SECONDS if can_say_farewell else 0)
    _forbid_writes(supervisor, group.primary)
    chosen, ahead = await _reconsider(supervisor, group, chosen, is_free=number is None)
    shape.put(group.promoted(chosen, ahead))
    for server in ahead:
        await supervisor.components[server].fence(patience_seconds=0)
    await _take_over(supervisor, shape.groups[group.name])
    supervisor.in_background(rejoin(supervisor, shape.groups[group.name]))
    return [f"{chosen} is the primary of {group.name}", f"{group.primary} comes back as a replica"]


async def rejoin(supervisor: "Supervisor", group: Group) -> None:
    """Start those that were fenced as replicas, and then let the pods know who is what."""
    fenced = [supervisor.components[server] for server in group.fenced]
    try:
        await supervisor.start_and_wait(fenced)
        for component in fenced:
            supervisor.screen.stamp(f"{component.name} is back as a replica of {group.primary}")
        await supervisor.roll()
        supervisor.screen.stamp(f"{group.name}: the pods know who is who")
    except Trouble as trouble:
        supervisor.screen.stamp(str(trouble))


async def _choose(supervisor: "Supervisor", group: Group, number: int | None) -> str:
    """The replica to promote; Trouble says why there is none."""
    if number is not None:
        wanted = replica_name(group.name, number)
        if wanted == group.primary:
            raise Trouble(f"{wanted} is the primary of {group.name} already.")
        if wanted not in group.servers:
            raise Trouble(f"{group.name} has no {wanted}. It has: {', '.join(group.servers)}.")
        candidates: tuple[str, ...] = (wanted,)
    else:
        candidates = group.replicas
    positions = await _positions(supervisor, candidates, group)
    if not positions:
        states = ", ".join(f"{each} ({supervisor.components[each].state})" for each in candidates)
        raise Trouble(
            f"No replica of {group.name} can take over: {states or 'it has none'}.\nNothing was changed."
        )
    return max(positions, key=lambda server: positions[server])


async def _reconsider(
    supervisor: "Supervisor", group: Group, chosen: str, *, is_free: bool
) -> tuple[str, tuple[str, ...]]:
    """Who has most now that nothing more can come, and who has more than that one and must be rewound."""
    positions = await _positions(supervisor, group.replicas, group)
    if is_free and positions:
        chosen = max(positions, key=lambda server: (positions[server], server == chosen))
    most = positions.get(chosen, 0)
    return chosen, tuple(server for server, position in positions.items() if position > most)


async def _positions(supervisor: "Supervisor", servers: tuple[str, ...], group: Group) -> dict[str, int]:
    """How far each of these is that runs as a standby and answers."""
    running = [
        each for each in servers if _may_answer(supervisor.components[each]) and each not in group.fenced
    ]
    found = await asyncio.gather(
        *(replication.find_position(Server(supervisor.site, each)) for each in running)
    )
    return {server: place for server, place in zip(running, found, strict=True) if place is not None}


def _may_answer(component: Component) -> bool:
    return component.state is State.READY and not (component.pid and is_frozen(component.pid))


async def _answers(supervisor: "Supervisor", name: str) -> bool:
    if not _may_answer(supervisor.components[name]):
        return False
    try:
        await Server(supervisor.site, name).sql("SELECT 1", seconds=1.0)
    except Trouble:
        return False
    return True


def _forbid_writes(supervisor: "Supervisor", name: str) -> None:
    """Also somebody who starts the fenced server by hand gets no second primary."""
    server = Server(supervisor.site, name)
    if server.data.exists():
        server.standby_signal.touch()


async def _take_over(supervisor: "Supervisor", group: Group) -> None:
    """Promote the new primary, and turn everybody to it."""
    site = supervisor.site
    primary = Server(site, group.primary)
    for server in group.servers:
        supervisor.components[server].spec = postgres.server(site, server)
    try:
        await replication.ensure_promoted(primary)
    except Trouble as trouble:
        raise Trouble(
            f"{trouble}\n{', '.join(group.fenced)} is fenced all the same. "
            f"`topology restart {group.primary}` promotes {group.primary} when it starts."
        ) from trouble
    environment.write(site)
    supervisor.renew_pods()
    followers = [Server(site, each) for each in group.replicas if each not in group.fenced]
    for follower in followers:
        await primary.make_slot_for(follower)
    await replication.reload(primary)
    await supervisor.components[group.primary].spec.settle()
    await asyncio.gather(*(_turn(supervisor.components[each.name], each, primary) for each in followers))


async def _turn(component: Component, follower: Server, primary: Server) -> None:
    """Let a running replica follow the new primary; one that does not run will when it starts.

    One that does not answer is killed: it is started again at once, and follows then.
    """
    if component.state is not State.READY:
        return
    if not _may_answer(component):
        await asyncio.to_thread(kill_all_in, follower.data)
        return
    try:
        await replication.reload(follower, follows=primary)
        if primary.site.shape.is_synchronous:
            await replication.wait_for(primary, follower)
    except Trouble:
        await asyncio.to_thread(kill_all_in, follower.data)
