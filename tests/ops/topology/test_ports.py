import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.topology.machine import ports
from tests.objects import free_ports


def nothing_is_taken(_: int) -> bool:
    return False


def test_people_find_the_site_where_they_expect_it() -> None:
    assert [ports.preferred()[name] for name in ("site", "cdn", "upload")] == [8000, 8001, 8002]


def test_another_base_moves_the_three_ports_that_people_see() -> None:
    moved = ports.preferred(9100)
    assert (moved["site"], moved["upload"], moved["s3"]) == (9100, 9102, ports.preferred()["s3"])


def test_free_ports_are_kept() -> None:
    chosen, sentences = ports.choose(ports.preferred(), is_taken=nothing_is_taken)
    assert chosen == ports.preferred()
    assert sentences == []


def test_a_taken_port_is_replaced_and_reported() -> None:
    chosen, sentences = ports.choose({"site": 8000, "cdn": 8001}, is_taken=lambda port: port == 8000)
    assert chosen["site"] != 8000
    assert chosen["cdn"] == 8001
    assert sentences == [f"Port 8000 (site) is taken: using {chosen['site']}."]


@given(st.sets(st.sampled_from(sorted(ports.preferred().values()))))
def test_chosen_ports_are_distinct_and_free_whatever_is_taken(taken: set[int]) -> None:
    chosen, sentences = ports.choose(ports.preferred(), is_taken=taken.__contains__)
    assert len(set(chosen.values())) == len(chosen)
    assert not taken & set(chosen.values())
    assert len(sentences) == len(taken)


def test_a_port_that_is_let_go_in_time_is_kept() -> None:
    answers = iter([True, True, False, False])
    chosen, _ = ports.choose({"site": 8000}, is_taken=lambda _: next(answers), patience_seconds=5)
    assert chosen == {"site": 8000}


def test_a_listener_takes_its_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert ports.is_taken(port)
    assert not ports.is_taken(port)


def test_a_listener_on_ipv6_alone_takes_its_port_too() -> None:
    if len(ports.loopbacks()) < 2:
        return  # a machine without IPv6 cannot be surprised by it
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        assert ports.is_taken(listener.getsockname()[1])


def test_ports_beside_others_are_neighbours_so_that_two_topologies_share_all_or_none() -> None:
    drawn = [set(ports.anywhere().values()) for _ in range(200)]
    assert all(max(each) - min(each) == len(each) - 1 for each in drawn)
    assert all(each <= set(ports.FREE_RANGE) for each in drawn)
    assert all(one == other or not one & other for one in drawn for other in drawn)


def test_a_stale_storage_socket_of_another_user_takes_its_port(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_ports()["site"]
    stale = Path(f"/tmp/seaweedfs-master-grpc-{port}.sock")
    stale.touch()
    try:
        assert not ports.is_taken(port)
        monkeypatch.setattr("os.getuid", lambda: stale.stat().st_uid + 1)
        assert ports.is_taken(port)
        assert ports.weed_sockets({"s3_master_grpc": port}) == [stale]
    finally:
        stale.unlink()
