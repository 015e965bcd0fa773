"""`python -m tests.bench data`: costs of the data tier, as ratios within one run on one machine."""

from __future__ import annotations

import sys

from tests.bench.data import fleet


def main() -> int:
    """Start the servers, measure and print."""
    with fleet.running():
        import django  # noqa: PLC0415 - the environment must name the servers first
        from django.conf import settings  # noqa: PLC0415 - see above

        settings.STORAGES["staticfiles"] = {
            "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        }
        django.setup()
        from sharding import migrating  # noqa: PLC0415 - see above
        from sharding.connections import replicas  # noqa: PLC0415 - see above
        from sharding.gather import scatter  # noqa: PLC0415 - see above
        from tests.bench.data import moving, routing, scaling, scattering  # noqa: PLC0415 - see above

        migrating.migrate_all(lambda line: None)
        scattering.fill()
        print(routing.table(routing.measure(), routing.measure_requests()))
        print(scattering.table(scattering.measure(), scattering.measure_hanging()))
        print(scaling.table(scaling.measure()))
        print(moving.table(moving.measure()))
        scatter.close()
        replicas.forget()
    return 0


if __name__ == "__main__":
    sys.exit(main())
