"""Adding servers to a site that runs: shards, and replicas of what is there."""

from typing import TYPE_CHECKING

from ops.topology.machine.trouble import Trouble
from ops.topology.servers import pods, postgres
from ops.topology.site import environment
from ops.topology.site.shape import MOST_SHARDS, Shape, Wishes, server_names

if TYPE_CHECKING:
    from ops.topology.supervise.supervisor import Supervisor


async def add(supervisor: "Supervisor", name: str) -> list[str]:
    """Add the next shard (with as many replicas as the directory has) or the next replica of a group.

    The new servers run and have their schema before any pod hears of them, which it does when it is started again.
    A new shard has no buckets yet. Raises Trouble for another name than the next.
    """
    shape = supervisor.site.shape
    before = set(shape.servers)
    is_shard = "-" not in name
    if is_shard:
        _add_shard(shape, name)
    else:
        _add_replica(shape, name)
    added = [server for server in shape.servers if server not in before]
    components = [supervisor.add(postgres.server(supervisor.site, server)) for server in added]
    supervisor.sort()
    await supervisor.start_and_wait(components)
    environment.write(supervisor.site)
    supervisor.renew_pods()
    if is_shard:
        await supervisor.start_and_wait([supervisor.components[pods.PROVISION]])
    return added


def _add_shard(shape: Shape, name: str) -> None:
    following = f"shard{len(shape.shards)}"
    if name != following or len(shape.shards) >= MOST_SHARDS:
        raise Trouble(f"The next shard is {following} (of {MOST_SHARDS} at most), not {name}.")
    shape.fit(Wishes(shards=len(shape.shards) + 1))


def _add_replica(shape: Shape, name: str) -> None:
    group = shape.group_of(name)
    free = next((each for each in server_names(group.name) if each not in group.servers), None)
    if name != free:
        raise Trouble(f"The next server of {group.name} is {free or 'one too many'}, not {name}.")
    shape.put(group.with_server(name))
