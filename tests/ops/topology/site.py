"""A site that is not started."""

from pathlib import Path

from ops.topology.machine import ports
from ops.topology.machine.credentials import Credentials
from ops.topology.machine.layout import Layout
from ops.topology.site.shape import Shape, Wishes
from ops.topology.site.site import Options, Site


def make_site(
    var: Path, *, is_fast: bool = False, replicas: int = 1, shards: int | None = None, is_single: bool = False
) -> Site:
    layout = Layout(var)
    layout.make()
    shape = Shape()
    shape.fit(Wishes(shards=shards, replicas=replicas, is_single=is_single))
    return Site(
        layout=layout,
        ports=ports.preferred(),
        credentials=Credentials(),
        shape=shape,
        options=Options(is_fast=is_fast),
    )
