from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from django.db import connections

from sharding import migrating
from sharding.management.commands.rebalance import run_plan, weigh
from sharding.moving import cluster_stats, moves, rebalance
from sharding.moving.cluster_stats import ReplicaState, ShardState
from sharding.rows import ownership
from sharding.rows.models import Move
from sharding.rows.placement import DIRECTORY


class Command(BaseCommand):
    help = "Shows the shards and their replicas; the moves of buckets; adds, drains and verifies shards."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", metavar="list|moves|add|drain|verify")
        actions.add_parser("list", help="state, lag, what is where, skew (this is the default)")
        listed = actions.add_parser("moves", help="moves of buckets, the latest first")
        listed.add_argument("number", nargs="?", type=int, help="one move with its history")
        actions.add_parser("add", help="prepare a shard that SHARD_URLS names").add_argument("shard")
        drained = actions.add_parser("drain", help="move all buckets of a shard to the others")
        drained.add_argument("shard")
        drained.add_argument("--run", action="store_true", help="do it; only the plan is shown otherwise")
        drained.add_argument("--by", choices=rebalance.MEASURES, default="bytes", help="what is levelled")
        actions.add_parser(
            "verify", help="compare what map, shards and rows say; ends with 1 when they differ"
        )

    def handle(self, *args: Any, action: str | None, **options: Any) -> None:
        match action:
            case "moves":
                self._moves(options["number"])
            case "add":
                self._add(options["shard"])
            case "drain":
                self._drain(options["shard"], options["by"], is_run=options["run"])
            case "verify":
                self._verify()
            case _:
                self._list()

    def _list(self) -> None:
        states = cluster_stats.collect()
        names = cluster_stats.counted()
        titles = "".join(f"{name:>10}" for name in names)
        self.stdout.write(
            f"{'':<14}{'role':<9}{'state':<18}{'lag':>9}{titles}{'bytes':>11}{'buckets':>9}{'skew':>7}"
        )
        skews = cluster_stats.skew([float(state.bytes) for state in states])
        for state, skew in zip(states, skews, strict=True):
            self._shard(state, skew, names)
        for move in moves.active():
            self.stdout.write(f"\n{move}{f': {move.problem}' if move.problem else ''}")

    def _shard(self, state: ShardState, skew: float, names: list[str]) -> None:
        counts = "".join(f"{state.counts.get(name, '-'):>10}" for name in names)
        size = "-" if state.problem else f"{state.bytes / 1e6:,.1f} MB"
        condition = "ready" if not state.problem else "away"
        self.stdout.write(
            f"{state.alias:<14}{'primary':<9}{condition:<18}{'':>9}{counts}{size:>11}{state.buckets:>9}{skew:>+7.0%}"
        )
        for replica in state.replicas:
            self._replica(replica)
        if state.problem:
            self.stdout.write(f"  {state.problem.splitlines()[0]}")

    def _replica(self, replica: ReplicaState) -> None:
        condition, lag = ("away", "") if replica.problem else ("ready", f"{replica.lag_bytes / 1e3:,.0f} kB")
        if replica.problem == "does not follow":
            condition, lag = replica.problem, f"{replica.lag_bytes / 1e3:,.0f} kB"
        self.stdout.write(f"  {replica.alias:<12}{'replica':<9}{condition:<18}{lag:>9}")

    def _moves(self, number: int | None) -> None:
        if number is not None:
            try:
                move = moves.get(number)
            except moves.Refused as error:
                raise CommandError(str(error)) from error
            self.stdout.write(str(move))
            for event in move.events.all():
                self.stdout.write(f"  {event.at:%Y-%m-%d %H:%M:%S}  {event.what:<12}{_note(event.note)}")
            return
        latest = Move.objects.using(DIRECTORY).order_by("-pk")[:20]
        if not latest:
            self.stdout.write("Nothing has been moved yet.")
        for move in latest:
            self.stdout.write(
                f"{move.created_at:%Y-%m-%d %H:%M}  {move}{f': {move.problem}' if move.problem else ''}"
            )

    def _add(self, shard: str) -> None:
        """Turn an empty database into a shard that buckets can move to."""
        _check_known(shard)
        try:
            for problem in _what_moves_need(shard):
                raise CommandError(problem)
            count = migrating.migrate(shard)
            ownership.ensure(shard)
        except DatabaseError as error:
            raise CommandError(f"{shard} cannot be used: {str(error).strip()}") from error
        self.stdout.write(f"{shard}: {count or 'no'} migrations applied, fences are there.")
        self.stdout.write("It has no buckets yet: `manage.py rebalance --run` gives it some.")

    def _drain(self, shard: str, by: str, *, is_run: bool) -> None:
        _check_known(shard)
        if len(settings.SHARDS) < 2:
            raise CommandError("There is no other shard for its buckets.")
        weights = weigh(by)
        planned = rebalance.plan(weights, rebalance.placed(), settings.SHARDS, leaving=[shard])
        steps = [step for step in planned if step.source == shard]
        if not steps:
            self.stdout.write(
                f"{shard} is empty: take it out of SHARD_URLS once all pods have been restarted."
            )
        elif is_run:
            empty = rebalance.weight_of_empty(weights)
            run_plan(self, steps, batch=128, empty=empty, pause_seconds=0)
        else:
            self.stdout.write(f"{len(steps)} buckets would move away from {shard}. Add --run to move them.")

    def _verify(self) -> None:
        problems = list(cluster_stats.disagreements())
        for problem in problems:
            self.stdout.write(problem)
        if problems:
            raise CommandError(f"{len(problems)} disagreements.")
        self.stdout.write("Map, shards and rows agree.")


def _check_known(shard: str) -> None:
    if shard not in settings.SHARDS:
        raise CommandError(f"{shard} is not configured: SHARD_URLS names {', '.join(settings.SHARDS)}.")


def _what_moves_need(shard: str) -> list[str]:
    """Sentences that say why buckets cannot move to or from a server; [] when they can."""
    with connections[shard].cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('wal_level') = 'logical', rolsuper OR rolreplication,"
            " rolsuper OR pg_has_role(oid, 'pg_create_subscription', 'USAGE')"
            " FROM pg_roles WHERE rolname = current_user"
        )
        is_logical, replicates, subscribes = cursor.fetchone()
    return [
        *([] if is_logical else [f"{shard} runs with another wal_level than logical."]),
        *([] if replicates else [f"The role on {shard} needs REPLICATION: ALTER ROLE … REPLICATION."]),
        *([] if subscribes else [f"The role on {shard} needs GRANT pg_create_subscription TO …."]),
    ]


def _note(note: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_short(value)}" for name, value in note.items())


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
