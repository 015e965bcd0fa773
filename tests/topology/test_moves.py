"""Buckets move under eight writers, while the mover and the servers that take part are killed."""

import pytest

from tests.drills import moves
from tests.topology.running import started

pytestmark = pytest.mark.topology


def test_nothing_is_lost_doubled_or_stale_when_buckets_move_under_writers() -> None:
    """The drill with smaller numbers: four undisturbed moves, and a death of the mover at three steps."""
    with started("--shards", "3", "--web", "1", "--workers", "1") as topology:
        points = ("copied", "switch:fenced", "switch:committed")
        assert moves.run(topology, buckets=4, seconds=2, points=points)
