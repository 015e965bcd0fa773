import getpass
import sys
from argparse import ArgumentParser
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from django.db import InterfaceError

from sharding.moving import move_runner, moves
from sharding.moving.ownership_switch import Unswitchable
from sharding.rows.models import Move


class Command(BaseCommand):
    help = "Moves buckets to another shard while people use them; goes on with a move, or gives it up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("buckets", nargs="*", metavar="BUCKET", help="a number or a range: 17, 0-63")
        parser.add_argument("--to", metavar="SHARD", help="where the buckets go")
        parser.add_argument(
            "--resume", type=int, metavar="MOVE", help="go on with a move that was interrupted"
        )
        parser.add_argument("--abort", type=int, metavar="MOVE", help="give up what is not switched yet")
        parser.add_argument("--plan", action="store_true", help="only say which moves it takes")

    def handle(self, *args: Any, buckets: list[str], **options: Any) -> None:
        try:
            if options["abort"] is not None:
                self._report(move_runner.abort(moves.get(options["abort"]), self._say))
            elif options["resume"] is not None:
                self._report(self._run(moves.get(options["resume"]), move_runner.Series()))
            elif buckets and options["to"]:
                self._move(numbers_of(buckets), options["to"], is_plan=options["plan"])
            else:
                raise CommandError(
                    "Say what to move and where: move_bucket 17 --to shard1. Or --resume, --abort a MOVE."
                )
        except (moves.Refused, Unswitchable, moves.Overtaken) as error:
            raise CommandError(str(error) or "Another mover has taken this move over.") from error

    def _move(self, numbers: list[int], target: str, *, is_plan: bool) -> None:
        if is_plan:
            moves.check(numbers, to=target)
            for source, of_source in moves.shards_of(numbers).items():
                where = "stay" if source == target else f"→ {target}"
                self.stdout.write(f"{source}: {len(of_source)} buckets {where}")
            return
        planned = moves.plan(numbers, to=target, asked_by=getpass.getuser())
        staying = len(set(numbers)) - sum(len(move.buckets) for move in planned)
        if not planned:
            self.stdout.write(f"All of them are on {target} already.")
        elif staying:
            self.stdout.write(f"{staying} of {len(set(numbers))} are on {target} already.")
        series = move_runner.Series()  # several moves wait for their readers together, not one after another
        for move in planned[:-1]:
            self._run(move, series, until=Move.State.DETACHED)
        for move in planned[-1:] + planned[:-1]:
            self._report(self._run(move, series))

    def _run(self, move: Move, series: move_runner.Series, *, until: Move.State = Move.State.DONE) -> Move:
        self.stdout.write(f"Move {move.pk}: {len(move.buckets)} buckets from {move.source} to {move.target}")
        try:
            return move_runner.run(move, self._say, until=until, series=series)
        except KeyboardInterrupt:
            raise CommandError(f"\nInterrupted. Nothing is lost: {moves.how_to_end(move)}") from None
        except (psycopg.Error, DatabaseError, InterfaceError) as error:
            raise CommandError(f"{error}\nNothing is lost: {moves.how_to_end(move)}") from error

    def _say(self, text: str) -> None:
        """Write progress: on a terminal over the last line, elsewhere as a new line."""
        if sys.stdout.isatty():
            self.stdout.write(f"\r\x1b[2K  {text}", ending="")
        else:
            self.stdout.write(f"  {text}")
        self.stdout.flush()

    def _report(self, move: Move) -> None:
        pauses = [event.note["pause_ms"] for event in move.events.filter(what="given")]
        if sys.stdout.isatty():
            self.stdout.write("")
        if pauses:
            middle = sorted(pauses)[len(pauses) // 2]
            self.stdout.write(
                f"Writers of a bucket waited {middle} ms in the middle, {max(pauses)} ms at most."
            )
        self.stdout.write(f"Move {move.pk} is {move.get_state_display().lower()}.")


def numbers_of(words: list[str]) -> list[int]:
    """The bucket numbers in words such as `17`, `0-63` and `5,9`. Raises CommandError."""
    numbers: list[int] = []
    for word in ",".join(words).split(","):
        first, dash, last = word.partition("-")
        last = last if dash else first
        if not first.isdecimal() or not last.isdecimal() or int(last) < int(first):
            raise CommandError(f"{word!r} names no buckets: say 17 or 0-63.")
        numbers += range(int(first), int(last) + 1)
    return numbers
