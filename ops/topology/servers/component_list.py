"""The list of all components of a site."""

from ops.topology.servers import edge, pods, postgres, storage, valkey
from ops.topology.servers.edge import Balancer
from ops.topology.site.site import Site
from ops.topology.site.spec import Spec


def specs(site: Site, balancer: Balancer) -> list[Spec]:
    """Return the spec of every component, in the order in which `status` lists them."""
    return [
        *(postgres.server(site, name) for name in site.shape.servers),
        valkey.cache(site),
        valkey.queue(site),
        storage.server(site),
        edge.server(site, balancer),
        pods.provision(site),
        *(pods.web(site, number + 1) for number in range(site.shape.pods["web"])),
        *(pods.worker(site, number + 1) for number in range(site.shape.pods["workers"])),
        pods.scheduler(site),
    ]
