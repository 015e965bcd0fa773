"""A site that is described, not started."""

from pathlib import Path

from ops.topology import ports
from ops.topology.credentials import Credentials
from ops.topology.layout import Layout
from ops.topology.site import Options, Site


def make_site(var: Path, *, has_replicas: bool = True, is_fast: bool = False) -> Site:
    layout = Layout(var)
    layout.make()
    options = Options(has_replicas=has_replicas, is_fast=is_fast)
    return Site(layout=layout, ports=ports.preferred(), credentials=Credentials(), options=options)
