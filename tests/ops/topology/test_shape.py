"""The shape of a site: what starts, growth and promotions make of it."""

import json
from pathlib import Path

import pytest

from ops.topology.machine.trouble import Trouble
from ops.topology.site import shape
from ops.topology.site.shape import Group, Shape, Wishes, postgres_port

FENCED_PRIMARY = """
{"is_single": false, "is_synchronous": false, "groups": [
  {"name": "shard0", "servers": ["shard0"], "primary": "shard0", "fenced": ["shard0"], "synchronous": []}]}
"""


def fitted(path: Path, **wishes: int | bool) -> Shape:
    loaded = shape.load(path)
    loaded.fit(Wishes(**wishes))  # type: ignore[arg-type]  # a test names only wishes of the right type
    return loaded


def test_a_new_site_has_two_shards_and_a_replica_of_each_primary(tmp_path: Path) -> None:
    assert fitted(tmp_path / "shape.json").servers == [
        "directory", "directory-replica", "shard0", "shard0-replica", "shard1", "shard1-replica",
    ]  # fmt: skip


def test_a_restart_keeps_the_shape_that_no_option_changes(tmp_path: Path) -> None:
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
    with pytest.raises(Trouble, match="3 shards with data on them"):
        fitted(path, shards=2)
    with pytest.raises(Trouble, match="is for a new site only"):
        fitted(path, is_single=True)
    assert shape.load(path).shards == ["shard0", "shard1", "shard2"]


@pytest.mark.parametrize("wish", [{"shards": 0}, {"shards": 17}, {"replicas": -1}, {"replicas": 9}])
def test_numbers_out_of_reach_are_refused(wish: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="takes a number from"):
        fitted(tmp_path / "shape.json", **wish)


def test_a_promotion_is_remembered_and_the_old_primary_is_fenced(tmp_path: Path) -> None:
    site = fitted(tmp_path / "shape.json", replicas=2)
    site.put(site.groups["shard0"].promoted("shard0-replica-2", ("shard0-replica",)))
    group = shape.load(tmp_path / "shape.json").groups["shard0"]
    assert (group.primary, group.replicas) == ("shard0-replica-2", ("shard0", "shard0-replica"))
    assert group.fenced == ("shard0", "shard0-replica")
    assert group.rejoined("shard0").fenced == ("shard0-replica",)


def test_the_primary_stays_whatever_its_name_when_replicas_are_removed(tmp_path: Path) -> None:
    path = tmp_path / "shape.json"
    site = fitted(path, replicas=2)
    site.put(site.groups["shard0"].promoted("shard0-replica-2"))
    assert fitted(path, replicas=1).groups["shard0"].servers == ("shard0", "shard0-replica-2")
    alone = fitted(path, replicas=0).groups["shard0"]
    assert (alone.servers, alone.primary, alone.fenced) == (("shard0-replica-2",), "shard0-replica-2", ())


def test_after_a_promotion_commits_wait_for_no_server_before_it_follows() -> None:
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
def test_a_damaged_file_is_an_error_rather_than_a_guess(text: str, tmp_path: Path) -> None:
    path = tmp_path / "shape.json"
    path.write_text(text)
    with pytest.raises(Trouble, match="which servers are primaries"):
        shape.load(path)


def test_an_unknown_database_is_refused_with_the_names_of_all(tmp_path: Path) -> None:
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


def test_the_numbers_of_pods_are_remembered(tmp_path: Path) -> None:
    path = tmp_path / "shape.json"
    assert fitted(path).pods == {"web": 2, "workers": 2}
    shape.load(path).keep_pods({"web": 3})
    assert fitted(path).pods == {"web": 3, "workers": 2}
    assert fitted(path, workers=1).pods == fitted(path).pods == {"web": 3, "workers": 1}
    with pytest.raises(Trouble, match="--web takes a number from 0 to 16"):
        fitted(path, web=17)


def test_a_shape_of_an_earlier_release_has_the_usual_pods(tmp_path: Path) -> None:
    path = tmp_path / "shape.json"
    fitted(path)
    facts = json.loads(path.read_text())
    del facts["pods"]
    path.write_text(json.dumps(facts))
    assert shape.load(path).pods == {"web": 2, "workers": 2}


def test_a_database_of_a_single_site_is_found_on_its_server(tmp_path: Path) -> None:
    single = fitted(tmp_path / "shape.json", is_single=True, replicas=1)
    assert [single.server_of(name) for name in ("shard0", "shard0-replica", "edge")] == [
        "directory", "directory-replica", "edge",
    ]  # fmt: skip
    assert single.databases_on("directory-replica") == ["directory", "shard0"]
    assert single.databases_on("edge") == []
    two = fitted(tmp_path / "two.json")
    assert (two.server_of("shard0"), two.databases_on("shard0-replica")) == ("shard0", ["shard0"])
