"""`python -m tests.drills.dying BUCKET SHARD POINT`: a mover that kills itself at a point; prints its moves."""

import os
import signal
import sys
from pathlib import Path

import django

from config.env import read_file


def main() -> None:
    """Plan a move and carry it out until the point is reached."""
    read_file(Path(os.environ["TESSERA_VAR"]) / "env")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from sharding.moving import moves  # noqa: PLC0415 - after the set-up
    from sharding.moving.mover import Mover  # noqa: PLC0415 - see above

    bucket, target, point = int(sys.argv[1]), sys.argv[2], sys.argv[3]

    def reached(name: str) -> None:
        if name == point:
            os.kill(os.getpid(), signal.SIGKILL)

    for move in moves.plan([bucket], to=target):
        print(move.pk, flush=True)
        with Mover(move, reached=reached) as mover:
            mover.run()


if __name__ == "__main__":
    main()
