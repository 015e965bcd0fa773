"""`python -m tests.bench cache`: savings by cache and timelines, as ratios within one run on one machine."""

from __future__ import annotations

import os
import sys

from tests import servers
from tests.bench.cache import eviction


def main() -> int:
    """Start the servers, measure and print."""
    os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "ERROR"}
    print(eviction.table(eviction.measure()))
    running = servers.Servers(servers.run_directory())
    try:
        running.start()
        _with_databases()
    finally:
        running.stop()
    return 0


def _with_databases() -> None:
    import django  # noqa: PLC0415 - the environment names the servers
    from django.conf import settings  # noqa: PLC0415 - see above

    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    for cache in settings.CACHES.values():  # a thousand readers at once, on a machine with two cores
        cache["OPTIONS"]["CONNECTION_POOL_KWARGS"] |= {"socket_timeout": 30, "max_connections": 2000}
    django.setup()
    from sharding import migrating  # noqa: PLC0415 - see above
    from tests.bench.cache import feeding, stampede  # noqa: PLC0415 - see above

    settings.ALLOWED_HOSTS = ["testserver"]
    migrating.migrate_all(lambda line: None)
    print(stampede.table(stampede.measure(), stampede.measure_cold()))
    reader = feeding.fill()
    print(feeding.table(feeding.measure(reader), feeding.measure_push(reader)))


if __name__ == "__main__":
    sys.exit(main())
