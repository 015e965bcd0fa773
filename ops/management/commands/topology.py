"""`manage.py topology …`: the command line of the local site."""

import sys

from django.core.management.base import BaseCommand

from ops.topology import cli


class Command(BaseCommand):
    """Passes its arguments to `ops.topology.cli`, which also runs where Django cannot start."""

    help = "Show and control the running local site: status, logs, kill, restart, scale, psql …"

    def run_from_argv(self, argv: list[str]) -> None:
        """Run `ops.topology.cli` with the arguments after the name of this command."""
        sys.exit(cli.main(argv[2:]))
