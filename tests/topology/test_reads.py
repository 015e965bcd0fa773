"""No user misses an own write, whatever the replicas do; and healthy replicas answer most of the reads."""

from tests.drills import reads
from tests.topology import serving
from tests.topology.browser import Couple
from tests.topology.http_member import Member
from tests.topology.running import Topology
from tests.topology.test_notifications import Ledger

LOOKS, REQUESTS = 600, 400


def test_six_hundred_looks_on_frozen_replicas_and_then_most_reads_on_replicas(topology: Topology) -> None:
    ledger = Ledger()
    couples = [Couple(topology, number, ledger) for number in range(3)]
    reads.look_while_frozen(topology, couples, LOOKS)
    assert ledger.looks >= LOOKS
    assert ledger.stale == []
    assert sum(couple.stranger_misses for couple in couples) > 0, (
        "the replicas were not frozen, or not read from"
    )
    counted = reads.load(topology, couples, REQUESTS)
    print("\n".join(counted.lines()))
    assert counted.share_by_pods >= reads.LEAST_ON_REPLICAS, counted.lines()
    assert counted.share_by_servers >= reads.LEAST_ON_REPLICAS, counted.lines()


def test_a_pod_shows_its_numbers_to_its_own_machine_only(topology: Topology) -> None:
    visitor = Member(topology.site, "outsider")
    for _ in range(4):  # both pods have read something then
        visitor.get("/explore/")
    assert any(map(serving.reads_of, topology.var.glob("run/web-*.sock"))), "by its socket"
    assert visitor.get("/metrics").status == 404, "and not through the load balancer"
    assert "tessera_outbox_events_total" in (topology.var / "run" / "worker-1.prom").read_text()
