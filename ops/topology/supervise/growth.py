"""New servers for a running site: shards, and replicas of existing groups."""

from ops.topology.machine.trouble import Trouble
from ops.topology.servers import pods, postgres
from ops.topology.site import environment
from ops.topology.site.shape import MOST_SHARDS, Shape, Wishes, server_names
from ops.topology.supervise.fleet import Fleet


async def add(fleet: Fleet, name: str) -> list[str]:
    """Add the next shard (with as many replicas as the directory has) or the next replica of a group.

    Returns the names of the new servers. They run and have their schema before any pod connects to them: pods read
    the new environment when they are restarted. A new shard has no buckets yet. Raises Trouble for any other name.
    """
    shape = fleet.site.shape
    before = set(shape.servers)
    is_shard = "-" not in name
    if is_shard:
        _add_shard(shape, name)
    else:
        _add_replica(shape, name)
    added = [server for server in shape.servers if server not in before]
    components = [fleet.add(postgres.server(fleet.site, server)) for server in added]
    fleet.sort()
    await fleet.start_and_wait(components)
    environment.write(fleet.site)
    fleet.renew_pods()
    if is_shard:
        await fleet.start_and_wait([fleet.components[pods.PROVISION]])
    return added


def _add_shard(shape: Shape, name: str) -> None:
    next_name = f"shard{len(shape.shards)}"
    if len(shape.shards) >= MOST_SHARDS:
        raise Trouble(f"There are {MOST_SHARDS} shards already, the most that a local site can have.")
    if name != next_name:
        raise Trouble(f"The next shard is {next_name} (of {MOST_SHARDS} at most), not {name}.")
    shape.fit(Wishes(shards=len(shape.shards) + 1))


def _add_replica(shape: Shape, name: str) -> None:
    group = shape.group_of(name)
    next_name = next((each for each in server_names(group.name) if each not in group.servers), None)
    if next_name is None:
        raise Trouble(
            f"{group.name} has {len(group.servers)} servers already, the most that a group can have."
        )
    if name != next_name:
        raise Trouble(f"The next server of {group.name} is {next_name}, not {name}.")
    shape.put(group.with_server(name))
