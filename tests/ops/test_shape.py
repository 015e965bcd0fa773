"""Which servers there are, and what may become of them."""

from pathlib import Path

import pytest

from ops.topology import shape
from ops.topology.shape import Group, Shape, Wishes, postgres_port
from ops.topology.trouble import Trouble

FENCED_PRIMARY = """
{"is_single": false, "is_synchronous": false, "groups": [
  {"name": "shard0", "servers": ["shard0"], "primary": "shard0", "fenced": ["shard0"], "synchronous": []}]}
"""


def fitted(path: Path, **wishes: int | bool) -> Shape:
    found = shape.load(path)
    found.fit(Wishes(**wishes))  # type: ignore[arg-type] # wishes of both types
    return found


def test_a_new_site_has_two_shards_and_a_replica_of_each_primary(tmp_path: Path) -> None:
    assert fitted(tmp_path / "shape.json").servers == [
        "directory", "directory-replica", "shard0", "shard0-replica", "shard1", "shard1-replica",
    ]  # fmt: skip


def test_a_restart_has_what_was_there_unless_told_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "shape.json"
    fitted(path, shards=3, replicas=2, is_synchronous=True)
    again = fitted(path)
    assert again.shards == ["shard0", "shard1", "shard2"]
    assert again.groups["shard2"].replicas == ("shard2-replica", "shard2-replica-2")
    assert again.is_synchronous
    assert fitted(path, shards=4).groups["shard3"].replicas == ("shard3-replica", "shard3-replica-2")
    assert not fitted(path, is_synchronous=False).is_synchronous


def test_one_server_grows_a_replica_and_then_a_shard(tmp_path: Path) -> None:
    path = tmp_path / "shape.json"
    single = fitted(path, is_single=True)
    assert (single.servers, single.shards) == (["directory"], ["shard0"])
    assert (single.group_of("shard0").name, single.database_name("shard0")) == ("directory", "shard0")
    assert fitted(path, replicas=1).servers == ["directory", "directory-replica"]
    grown = fitted(path, shards=2)
    assert grown.servers == ["directory", "directory-replica", "shard1", "shard1-replica"]
    assert grown.hosted_by(grown.groups["directory"]) == ["tessera", "shard0"]
    assert grown.hosted_by(grown.groups["shard1"]) == ["tessera"]


def test_no_start_leaves_data_behind(tmp_path: Path) -> None:
    path = tmp_path / "shape.json"
    fitted(path, shards=3)
    with pytest.raises(Trouble, match="3 shards, and there is data"):
        fitted(path, shards=2)
    with pytest.raises(Trouble, match="is for a new one"):
        fitted(path, is_single=True)
    assert shape.load(path).shards == ["shard0", "shard1", "shard2"]


@pytest.mark.parametrize("wish", [{"shards": 0}, {"shards": 17}, {"replicas": -1}, {"replicas": 9}])
def test_numbers_out_of_reach_are_refused(wish: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="takes a number from"):
        fitted(tmp_path / "shape.json", **wish)


def test_a_promotion_is_remembered_and_the_old_primary_is_fenced(tmp_path: Path) -> None:
    found = fitted(tmp_path / "shape.json", replicas=2)
    found.put(found.groups["shard0"].promoted("shard0-replica-2", ("shard0-replica",)))
    group = shape.load(tmp_path / "shape.json").groups["shard0"]
    assert (group.primary, group.replicas) == ("shard0-replica-2", ("shard0", "shard0-replica"))
    assert group.fenced == ("shard0", "shard0-replica")
    assert group.rejoined("shard0").fenced == ("shard0-replica",)


def test_the_primary_stays_whatever_it_is_called_when_replicas_go(tmp_path: Path) -> None:
    path = tmp_path / "shape.json"
    found = fitted(path, replicas=2)
    found.put(found.groups["shard0"].promoted("shard0-replica-2"))
    assert fitted(path, replicas=1).groups["shard0"].servers == ("shard0", "shard0-replica-2")
    alone = fitted(path, replicas=0).groups["shard0"]
    assert (alone.servers, alone.primary, alone.fenced) == (("shard0-replica-2",), "shard0-replica-2", ())


def test_nobody_is_waited_for_after_a_promotion_before_they_follow() -> None:
    group = Group(name="s", servers=("s", "s-replica", "s-replica-2"), primary="s")
    group = group.waiting_for("s-replica").waiting_for("s-replica-2").waiting_for("s-replica")
    assert group.synchronous == ("s-replica-2", "s-replica")
    assert group.not_waiting_for("s-replica").synchronous == ("s-replica-2",)
    assert group.promoted("s-replica").synchronous == ()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        FENCED_PRIMARY,
    ],
)
def test_nobody_guesses_who_was_a_primary(text: str, tmp_path: Path) -> None:
    path = tmp_path / "shape.json"
    path.write_text(text)
    with pytest.raises(Trouble, match="which servers are primaries"):
        shape.load(path)


def test_an_unknown_database_is_told_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="There are: directory, shard0, shard1"):
        fitted(tmp_path / "shape.json").group_of("shard7-replica")


def test_no_two_servers_share_a_socket() -> None:
    names = [
        name for base in ("directory", *(f"shard{n}" for n in range(16))) for name in shape.server_names(base)
    ]
    assert len({postgres_port(name) for name in names}) == len(names)
    assert all(map(shape.is_server, names))
    assert all(1000 <= postgres_port(name) <= 9999 for name in names), "the sockets' names must not grow"


@pytest.mark.parametrize(
    "name", ["web-1", "shard", "shard01", "shard0-replica-1", "directory-replica-x", "cache"]
)
def test_other_components_are_no_servers(name: str) -> None:
    assert not shape.is_server(name)
    with pytest.raises(Trouble):
        postgres_port(name)
