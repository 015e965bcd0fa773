import getpass
import time
from argparse import ArgumentParser
from collections import defaultdict
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from django.db import InterfaceError

from sharding.moving import move_runner, moves, rebalance
from sharding.moving.ownership_switch import Unswitchable
from sharding.moving.rebalance import Step
from sharding.rows.models import Move


class Command(BaseCommand):
    help = "Levels the shards: says which buckets should move (--plan), or moves them (--run)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--plan", action="store_true", help="only say what would move (this is the default)"
        )
        what.add_argument("--run", action="store_true", help="move it")
        parser.add_argument("--by", choices=rebalance.MEASURES, default="bytes", help="what is levelled")
        parser.add_argument("--most", type=int, default=512, metavar="N", help="buckets at the most (512)")
        parser.add_argument("--batch", type=int, default=64, metavar="N", help="buckets in one move (64)")
        parser.add_argument(
            "--pause", type=float, default=1.0, metavar="SECONDS", help="between two moves (1)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["most"] < 1 or options["batch"] < 1:
            raise CommandError("--most and --batch are numbers of buckets: 1 or more.")
        weights, homes = weigh(options["by"]), rebalance.placed()
        steps = rebalance.plan(weights, homes, settings.SHARDS, most=options["most"])
        after = {**homes, **{step.bucket: step.target for step in steps}}
        self.stdout.write(f"{'shard':<12}{'buckets':>9}{'share of ' + options['by']:>18}{'after':>9}")
        before, then = (rebalance.loads(weights, where, settings.SHARDS) for where in (homes, after))
        total = sum(before.values())
        for shard in settings.SHARDS:
            count = sum(home == shard for home in homes.values())
            self.stdout.write(
                f"{shard:<12}{count:>9}{before[shard] / total:>18.1%}{then[shard] / total:>9.1%}"
            )
        if not steps and rebalance.is_level(before):
            self.stdout.write("The shards are level.")
        elif not steps:
            self.stdout.write("They are not level, and no move helps: what is too much is in one bucket.")
        elif not options["run"]:
            self.stdout.write(f"{len(steps)} buckets would move. `manage.py rebalance --run` moves them.")
        else:
            empty = rebalance.weight_of_empty(weights)
            run_plan(self, steps, batch=options["batch"], empty=empty, pause_seconds=options["pause"])


def weigh(by: str) -> dict[int, float]:
    """{bucket: weight}. Raises CommandError when a shard does not answer, since a plan needs all of them."""
    try:
        return rebalance.weigh(by)
    except DatabaseError as error:
        raise CommandError(
            f"{error}\nA plan needs every shard: `manage.py shards` says which is away."
        ) from error


def run_plan(
    command: BaseCommand, steps: list[Step], *, batch: int, empty: float, pause_seconds: float
) -> None:
    """Run a plan in moves (see `batches_of`) with a pause between two; clean up after the last.

    Raises CommandError."""
    batches = batches_of(steps, batch, empty)
    started: list[Move] = []
    series = move_runner.Series()
    for number, (target, part) in enumerate(batches, 1):
        if number > 1:
            time.sleep(pause_seconds)
        for move in moves.plan(part, to=target, asked_by=getpass.getuser()):
            command.stdout.write(f"{number} of {len(batches)}: {move}")
            _run_one(command, move, series, until=Move.State.DETACHED)
            started.append(move)
    for move in started:
        _run_one(command, move, series, until=Move.State.DONE)
    moved = sum(len(move.buckets) for move in started)
    command.stdout.write(f"{moved} buckets were moved. `manage.py shards` says what is where now.")


def batches_of(steps: list[Step], size: int, empty: float) -> list[tuple[str, list[int]]]:
    """Return (target, buckets) of each move: `size` buckets at most, but as many empty ones as a move may have.

    `empty` is the weight of an empty bucket: it costs next to nothing, and a new shard gets thousands of them.
    """
    routes: dict[tuple[str, str, bool], list[int]] = defaultdict(list)
    for step in steps:
        routes[step.source, step.target, step.weight <= empty].append(step.bucket)
    return [
        (target, part)
        for (_, target, is_empty), buckets in routes.items()
        for part in _parts(buckets, max(size, moves.MOST_BUCKETS) if is_empty else size)
    ]


def _parts(buckets: list[int], size: int) -> list[list[int]]:
    return [buckets[start : start + size] for start in range(0, len(buckets), size)]


def _run_one(command: BaseCommand, move: Move, series: move_runner.Series, *, until: Move.State) -> None:
    try:
        move_runner.run(move, lambda text: command.stdout.write(f"  {text}"), until=until, series=series)
    except KeyboardInterrupt:
        raise CommandError(f"\nInterrupted. Nothing is lost: {moves.how_to_end(move)}") from None
    except (
        Unswitchable,
        moves.Refused,
        moves.Overtaken,
        psycopg.Error,
        DatabaseError,
        InterfaceError,
    ) as error:
        raise CommandError(f"{error}\n{moves.how_to_end(move)}") from error
