"""Promotions: the old primary of a group is fenced, a replica takes over, the old primary returns as a replica."""

import asyncio

from ops.topology.machine.process import is_frozen, kill_all_in
from ops.topology.machine.trouble import Trouble
from ops.topology.servers import postgres, replication
from ops.topology.servers.postgres_server import Server
from ops.topology.site import environment
from ops.topology.site.shape import Group, replica_name
from ops.topology.site.spec import State
from ops.topology.supervise.component import Component
from ops.topology.supervise.fleet import Fleet

# A healthy primary may send its replicas the end of its log before it is killed; any other is killed at once.
LAST_LOG_SECONDS = 3.0


async def promote(fleet: Fleet, name: str, number: int | None = None) -> list[str]:
    """Promote a replica of the group of `name`: replica `number`, or the one that has received most.

    Returns sentences that say what was done. Raises Trouble, before anything is changed, when no replica can take over.
    """
    shape = fleet.site.shape
    group = shape.group_of(name)
    chosen = await _choose(fleet, group, number)
    old = fleet.components[group.primary]
    is_healthy = await _answers(fleet, group.primary)
    # The decision comes first: a supervisor that dies below this line ends the promotion at its next start.
    shape.put(group.promoted(chosen))
    fleet.report(f"{group.name}: {group.primary} is fenced, {chosen} becomes the primary")
    await old.fence(patience_seconds=LAST_LOG_SECONDS if is_healthy else 0)
    _forbid_writes(fleet, group.primary)
    chosen, ahead = await _reconsider(fleet, group, chosen, is_free=number is None)
    shape.put(group.promoted(chosen, ahead))
    for server in ahead:
        await fleet.components[server].fence(patience_seconds=0)
    await _take_over(fleet, shape.groups[group.name])
    fleet.in_background(rejoin(fleet, shape.groups[group.name]))
    return [f"{chosen} is the primary of {group.name}", f"{group.primary} comes back as a replica"]


async def rejoin(fleet: Fleet, group: Group) -> None:
    """Start the fenced servers as replicas, then restart the pods, so that they read from them."""
    fenced = [fleet.components[server] for server in group.fenced]
    try:
        await fleet.start_and_wait(fenced)
        for component in fenced:
            fleet.report(f"{component.name} is back as a replica of {group.primary}")
        await fleet.roll()
        fleet.report(f"{group.name}: the pods have been restarted and know the new roles")
    except Trouble as trouble:
        fleet.report(str(trouble))


async def _choose(fleet: Fleet, group: Group, number: int | None) -> str:
    """Return the replica to promote. Raises Trouble that says why there is none."""
    candidates = group.replicas
    if number is not None:
        chosen = replica_name(group.name, number)
        if chosen == group.primary:
            raise Trouble(f"{chosen} is the primary of {group.name} already.")
        if chosen not in group.servers:
            raise Trouble(f"{group.name} has no {chosen}. It has: {', '.join(group.servers)}.")
        candidates = (chosen,)
    positions = await _positions(fleet, candidates, group)
    if not positions:
        states = ", ".join(f"{each} ({fleet.components[each].state})" for each in candidates)
        raise Trouble(
            f"No replica of {group.name} can take over: {states or 'it has none'}.\nNothing was changed."
        )
    return max(positions, key=lambda server: positions[server])


async def _reconsider(
    fleet: Fleet, group: Group, chosen: str, *, is_free: bool
) -> tuple[str, tuple[str, ...]]:
    """Choose again once the old primary is dead and no log can arrive any more; `is_free`: any replica may be chosen.

    Returns the replica to promote, and the replicas that have received more than it: these must be rewound.
    """
    positions = await _positions(fleet, group.replicas, group)
    if is_free and positions:
        chosen = max(positions, key=lambda server: (positions[server], server == chosen))
    most = positions.get(chosen, 0)
    return chosen, tuple(server for server, position in positions.items() if position > most)


async def _positions(fleet: Fleet, servers: tuple[str, ...], group: Group) -> dict[str, int]:
    """Return {server: bytes of log received} of the servers that run as standbys, answer and are not fenced."""
    running = [each for each in servers if _may_answer(fleet.components[each]) and each not in group.fenced]
    positions = await asyncio.gather(
        *(replication.find_position(Server(fleet.site, each)) for each in running)
    )
    return {server: place for server, place in zip(running, positions, strict=True) if place is not None}


def _may_answer(component: Component) -> bool:
    return component.state is State.READY and not (component.pid and is_frozen(component.pid))


async def _answers(fleet: Fleet, name: str) -> bool:
    if not _may_answer(fleet.components[name]):
        return False
    try:
        await Server(fleet.site, name).sql("SELECT 1", seconds=1.0)
    except Trouble:
        return False
    return True


def _forbid_writes(fleet: Fleet, name: str) -> None:
    """Keep a fenced server from taking writes even if an operator starts it by hand."""
    server = Server(fleet.site, name)
    if server.data.exists():
        server.standby_signal.touch()


async def _take_over(fleet: Fleet, group: Group) -> None:
    """Promote the new primary, and let the other replicas and the pods follow it."""
    site = fleet.site
    primary = Server(site, group.primary)
    for server in group.servers:
        fleet.components[server].spec = postgres.server(site, server)
    try:
        await replication.ensure_promoted(primary)
    except Trouble as trouble:
        raise Trouble(
            f"{trouble}\n{', '.join(group.fenced)} stays fenced. "
            f"`topology restart {group.primary}` promotes {group.primary} when it starts."
        ) from trouble
    environment.write(site)
    fleet.renew_pods()
    followers = [Server(site, each) for each in group.replicas if each not in group.fenced]
    for follower in followers:
        await primary.make_slot_for(follower)
    await replication.reload(primary)
    await fleet.components[group.primary].spec.settle()
    await asyncio.gather(*(_follow(fleet.components[each.name], each, primary) for each in followers))


async def _follow(component: Component, follower: Server, primary: Server) -> None:
    """Let a running replica follow the new primary; a stopped one will when it starts.

    A replica that does not answer is killed: it is started again at once, and follows then.
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
