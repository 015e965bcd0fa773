"""`manage.py topology …`: the local topology's own command line."""

import sys

from django.core.management.base import BaseCommand

from ops.topology import cli


class Command(BaseCommand):
    """Hands its arguments on, since the topology also runs where Django cannot start."""

    help = "Look at and steer the running local topology: status, logs, kill, restart, scale, psql …"

    def run_from_argv(self, argv: list[str]) -> None:
        """Run the topology's command line with what follows the name of this command."""
        sys.exit(cli.main(argv[2:]))
