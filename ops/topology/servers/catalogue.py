"""All components of a site."""

from ops.topology.servers import edge, pods, postgres, storage, valkey
from ops.topology.servers.edge import Balancer
from ops.topology.site.site import Site
from ops.topology.site.spec import Spec


def components(site: Site, balancer: Balancer) -> list[Spec]:
    """Every component, in the order in which it is listed."""
    return [
        *_databases(site),
        valkey.cache(site),
        valkey.queue(site),
        storage.server(site),
        edge.server(site, balancer),
        pods.provision(site),
        *(pods.web(site, number + 1) for number in range(site.options.web)),
        *(pods.worker(site, number + 1) for number in range(site.options.workers)),
        pods.scheduler(site),
    ]


def _databases(site: Site) -> list[Spec]:
    return [postgres.server(site, name) for name in site.shape.servers]
