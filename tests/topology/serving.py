"""How many reads each server answered, as the pods counted them and as the database servers did."""

import http.client
import socket
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.topology.running import Topology

# Queries on the tables of the product, for requests: not those of probes, health checks and the scheduler.
_STATEMENTS = """
SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid
WHERE query LIKE 'SELECT%' AND rolname NOT IN ('postgres', 'replicator')
  AND query ~ 'FROM "(photos|accounts)_' AND query !~ 'FOR UPDATE|state_at'
"""


@dataclass(frozen=True)
class Served:
    """Reads by (role, reason) as the pods counted them, and by role as the servers did."""

    by_pods: Counter[tuple[str, str]]
    by_servers: Counter[str]

    def __sub__(self, before: "Served") -> "Served":
        return Served(self.by_pods - before.by_pods, self.by_servers - before.by_servers)

    @property
    def share_by_pods(self) -> float:
        """The part of all reads that went to replicas, 0 to 1."""
        on_replicas = sum(count for (role, _), count in self.by_pods.items() if role == "replica")
        return on_replicas / max(1, self.by_pods.total())

    @property
    def share_by_servers(self) -> float:
        """The same, as the database servers counted it."""
        return self.by_servers["replica"] / max(1, self.by_servers.total())

    def lines(self) -> list[str]:
        """Return the lines of a table."""
        rows = sorted(self.by_pods.items(), key=lambda row: -row[1])
        return [f"  {count:>8}  {role:<8} {reason}" for (role, reason), count in rows] + [
            f"  {count:>8}  {role:<8} by pg_stat_statements"
            for role, count in sorted(self.by_servers.items())
        ]


def prepare(topology: Topology) -> None:
    """Create the extension by which the servers show their counts."""
    for name in ("directory", "shard0", "shard1"):
        topology.run(
            "psql", name, "--superuser", "--", "-qc", "CREATE EXTENSION IF NOT EXISTS pg_stat_statements"
        )


def served(topology: Topology) -> Served:
    """Return what pods and servers have counted until now."""
    by_pods: Counter[tuple[str, str]] = Counter()
    for pod in sorted(topology.var.glob("run/web-*.sock")):
        for labels, value in reads_of(pod):
            role = "primary" if labels["server"] == labels["primary"] else "replica"
            by_pods[role, labels["reason"]] += round(value)
    by_servers: Counter[str] = Counter()
    for name, facts in topology.status().items():
        if facts["role"] in {"primary", "replica"}:
            output = topology.run("psql", name, "--superuser", "--", "-Atc", _STATEMENTS)
            by_servers[facts["role"]] += int(output.split()[-1])
    return Served(by_pods, by_servers)


def reads_of(pod: Path) -> list[tuple[dict[str, str], float]]:
    """Return a pod's counters of reads as (labels, value), read from its own socket."""
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(pod))
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    return [
        (sample.labels, sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "tessera_db_reads_total"
    ]
