"""Hundreds of photos of one owner do not delay another's. `make drill` does it with five thousand."""

from tests.drills.fairness import flood, visible, waiting
from tests.topology.http_member import Member
from tests.topology.running import Topology

FLOOD, TRIES, SECONDS = 200, 6, 10.0


def test_one_photo_is_visible_within_ten_seconds_while_another_owners_hundreds_wait(
    topology: Topology,
) -> None:
    member = Member(topology.site, "mia")
    member.sign_up()
    flood(topology, FLOOD, "noel")
    taken = [visible(member, 70_000 + n) for n in range(TRIES)]
    assert waiting(topology, "noel") > 0, "all were done before: nothing is shown by this"
    assert max(taken) <= SECONDS
