"""The shape of a site: its PostgreSQL servers with their roles and its numbers of pods, kept in `var/shape.json`.

The file says what is intended. A promotion writes it first and acts afterwards, so that a supervisor that dies in
between finds at its next start how the promotion has to end.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ops.topology.machine.layout import write_private
from ops.topology.machine.trouble import Trouble

DIRECTORY = "directory"
FIRST_POSTGRES_PORT = 5440
MOST_SHARDS, MOST_REPLICAS = 16, 8
PORTS_PER_ROUND = 100  # from a first replica to a second; 17 groups need 34
SERVER_NAME = re.compile(r"(directory|shard(?:0|[1-9]\d?))(?:-replica(?:-([2-9]))?)?")
DATABASE = "tessera"
PODS = {"web": 2, "workers": 2}  # of a new site
MOST_PODS = 16


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the options of a start ask of the shape; None keeps what there is."""

    shards: int | None = None
    replicas: int | None = None
    web: int | None = None
    workers: int | None = None
    is_single: bool = False
    is_synchronous: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Group:
    """A primary and its replicas.

    A server in `fenced` may return only as a replica, rewound or copied anew. Every commit waits for one of the servers
    in `synchronous`, even while they are away: no commit is acknowledged that only the primary has.
    """

    name: str
    servers: tuple[str, ...]
    primary: str
    fenced: tuple[str, ...] = ()
    synchronous: tuple[str, ...] = ()

    @property
    def replicas(self) -> tuple[str, ...]:
        return _without(self.servers, self.primary)

    def promoted(self, server: str, also_fenced: tuple[str, ...] = ()) -> "Group":
        """Return the group with another primary; the old one is fenced, and so are the servers in `also_fenced`."""
        fenced = tuple(dict.fromkeys((*self.fenced, self.primary, *also_fenced)))
        fenced = tuple(each for each in fenced if each != server)
        return replace(self, primary=server, fenced=fenced, synchronous=())

    def rejoined(self, server: str) -> "Group":
        """Return the group with `server` no longer fenced."""
        return replace(self, fenced=_without(self.fenced, server))

    def with_server(self, server: str) -> "Group":
        """Return the group with one more replica."""
        return replace(self, servers=(*self.servers, server))

    def waiting_for(self, server: str) -> "Group":
        """Return the group with `server` among those that commits wait for."""
        return replace(self, synchronous=(*_without(self.synchronous, server), server))

    def not_waiting_for(self, server: str) -> "Group":
        """Return the group whose commits do not wait for `server`."""
        return replace(self, synchronous=_without(self.synchronous, server))

    def resized(self, replicas: int) -> "Group":
        """Return the group with that many replicas: the primary stays, then the first names are kept."""
        names = [self.primary, *self.servers]
        names += [replica_name(self.name, n) for n in range(replicas + 1)]
        kept = set(list(dict.fromkeys(names))[: replicas + 1])
        servers = tuple(each for each in server_names(self.name) if each in kept)
        fenced, synchronous = (
            tuple(each for each in names if each in kept) for names in (self.fenced, self.synchronous)
        )
        return replace(self, servers=servers, fenced=fenced, synchronous=synchronous)


@dataclass
class Shape:
    """All groups by name. With `is_single` shard0 is a second database on the directory's servers."""

    is_single: bool = False
    is_synchronous: bool = False
    groups: dict[str, Group] = field(default_factory=dict)
    path: Path | None = None
    pods: dict[str, int] = field(default_factory=lambda: dict(PODS))

    @property
    def shards(self) -> list[str]:
        """The names of the shards, in order."""
        own = [name for name in self.groups if name != DIRECTORY]
        return ["shard0", *own] if self.is_single else own

    @property
    def databases(self) -> list[str]:
        return [DIRECTORY, *self.shards]

    @property
    def servers(self) -> list[str]:
        return [server for group in self.groups.values() for server in group.servers]

    def group_of(self, name: str) -> Group:
        """Return the group of a database or a server. Raises Trouble with the existing names."""
        base = name.partition("-")[0]
        if self.is_single and base == "shard0":
            base = DIRECTORY
        if base not in self.groups:
            raise Trouble(f"There is no database {name!r}. There are: {', '.join(self.databases)}.")
        return self.groups[base]

    def server_of(self, name: str) -> str:
        """Return the name of the server of a database: `directory-replica` for `shard0-replica` of a single site."""
        if self.is_single and name.partition("-")[0] == "shard0":
            return name.replace("shard0", DIRECTORY, 1)
        return name

    def databases_on(self, server: str) -> list[str]:
        """Return the databases that a server has; [] for a component that is no database server."""
        if server not in self.servers:
            return []
        group = self.group_of(server)
        return [name for name in self.databases if self.group_of(name) is group]

    def keep_pods(self, counts: Mapping[str, int]) -> None:
        """Remember how many pods there are, for the next start."""
        self.pods.update(counts)
        self.save()

    def database_name(self, name: str) -> str:
        """Return the name of a database on its server."""
        return name if self.is_single and name == "shard0" else DATABASE

    def hosted_by(self, group: Group) -> list[str]:
        """Return the names of the databases on the servers of a group."""
        return [self.database_name(name) for name in self.databases if self.group_of(name).name == group.name]

    def put(self, group: Group) -> None:
        """Replace a group and save the shape; called before the change is carried out."""
        self.groups[group.name] = group
        self.save()

    def save(self) -> None:
        if self.path:
            write_private(self.path, json.dumps(self._facts(), indent=2) + "\n")

    def fit(self, wishes: Wishes) -> None:
        """Change to what is wished and save. Raises Trouble when data would be left behind."""
        _check_range("--shards", wishes.shards, 1, MOST_SHARDS)
        _check_range("--replicas", wishes.replicas, 0, MOST_REPLICAS)
        _check_range("--web", wishes.web, 0, MOST_PODS)
        _check_range("--workers", wishes.workers, 0, MOST_PODS)
        is_new = not self.groups
        if wishes.is_single and not is_new and not self.is_single:
            raise Trouble(
                "The shards of this site have servers of their own: --single is for a new site only."
            )
        self.is_single = self.is_single or wishes.is_single
        if wishes.is_synchronous is not None:
            self.is_synchronous = wishes.is_synchronous
        numbers = {"web": wishes.web, "workers": wishes.workers}
        self.pods |= {kind: count for kind, count in numbers.items() if count is not None}
        default = 1 if self.is_single else 2
        count = wishes.shards or (default if is_new else len(self.shards))
        if count < len(self.shards) and not is_new:
            raise Trouble(
                f"This site has {len(self.shards)} shards with data on them: it cannot be started with {count}."
            )
        replicas = wishes.replicas
        if is_new:
            replicas = (0 if self.is_single else 1) if replicas is None else replicas
        names = [DIRECTORY, *(f"shard{n}" for n in range(int(self.is_single), count))]
        usual = len(self.groups[DIRECTORY].replicas) if not is_new else 0
        for name in names:
            group = self.groups.get(name)
            if group is None:
                new = Group(name=name, servers=(name,), primary=name)
                self.groups[name] = new.resized(usual if replicas is None else replicas)
            elif replicas is not None:
                self.groups[name] = group.resized(replicas)
        self.save()

    def _facts(self) -> dict[str, Any]:
        groups = [asdict(group) for group in self.groups.values()]
        return {
            "is_single": self.is_single,
            "is_synchronous": self.is_synchronous,
            "groups": groups,
            "pods": self.pods,
        }


def load(path: Path) -> Shape:
    """Return the shape in a file, an empty one when there is no file. Raises Trouble for a damaged file."""
    if not path.exists():
        return Shape(path=path)
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        groups = [_group(each) for each in facts["groups"]]
        pods = {kind: int(facts.get("pods", PODS)[kind]) for kind in PODS}  # older files have none
        return Shape(
            facts["is_single"], facts["is_synchronous"], {each.name: each for each in groups}, path, pods
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Trouble(
            f"{path} is damaged ({error}). It says which servers are primaries.\n"
            "Restore it, or `make reset` to remove all local data and begin again."
        ) from None


def replica_name(group: str, number: int) -> str:
    """Return `shard0-replica`, `shard0-replica-2`, …; number 0 is `shard0` itself."""
    return {0: group, 1: f"{group}-replica"}.get(number, f"{group}-replica-{number}")


def server_names(group: str) -> list[str]:
    """Return all names that servers of a group may have, in order."""
    return [replica_name(group, number) for number in range(MOST_REPLICAS + 1)]


def is_server(name: str) -> bool:
    return SERVER_NAME.fullmatch(name) is not None


def postgres_port(name: str) -> int:
    """Return the number in the name of a server's socket (no TCP port is opened). Raises Trouble for other names."""
    match = SERVER_NAME.fullmatch(name)
    if match is None:
        raise Trouble(f"{name!r} is not the name of a PostgreSQL server.")
    base, number = match.groups()
    place = 0 if base == DIRECTORY else 1 + int(base.removeprefix("shard"))
    a_round = int(number) - 1 if number else 0
    return FIRST_POSTGRES_PORT + 2 * place + ("-replica" in name) + PORTS_PER_ROUND * a_round


def _group(facts: Mapping[str, Any]) -> Group:
    group = Group(
        name=facts["name"],
        servers=tuple(facts["servers"]),
        primary=facts["primary"],
        fenced=tuple(facts["fenced"]),
        synchronous=tuple(facts["synchronous"]),
    )
    if group.primary not in group.servers or group.primary in group.fenced:
        raise ValueError(f"{group.primary} cannot be the primary of {group.name}")
    return group


def _without(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(each for each in names if each != name)


def _check_range(option: str, number: int | None, least: int, most: int) -> None:
    if number is not None and not least <= number <= most:
        raise Trouble(f"{option} takes a number from {least} to {most}.")
