"""Moves of buckets as rows of the directory: planned, found, advanced; and the commit point. `mover` runs them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from sharding.rows import buckets, transactions
from sharding.rows.ids import BUCKETS
from sharding.rows.models import Bucket, Move, MoveEvent
from sharding.rows.placement import DIRECTORY

ENDED = (Move.State.DONE, Move.State.ABORTED)
# The publication's row filter names each bucket, and buckets are switched few at a time.
MOST_BUCKETS = 512


class Refused(Exception):
    """The move is not possible, or not now; the message says why."""


class Overtaken(Exception):
    """Another mover has taken the move over, or has advanced it."""


def plan(bucket_numbers: Iterable[int], *, to: str, asked_by: str = "") -> list[Move]:
    """Create the moves that bring these buckets to a shard: at least one from each other shard that has some.

    Raises Refused."""
    numbers = sorted(set(bucket_numbers))
    check(numbers, to=to)
    planned = []
    with transactions.shard_atomic(alias=DIRECTORY):
        buckets.lock_map()
        _check_free(set(numbers))
        for source, of_source in shards_of(numbers).items():
            if source != to:
                planned += [_create(source, to, part, asked_by) for part in _parts(of_source)]
    return planned


def check(numbers: Collection[int], *, to: str) -> None:
    """Raise Refused when there is no such shard or no such bucket."""
    if to not in settings.SHARDS:
        raise Refused(f"There is no shard {to!r}. There are: {', '.join(settings.SHARDS)}.")
    if not numbers or min(numbers) < 0 or max(numbers) >= BUCKETS:
        raise Refused(f"Buckets are numbers from 0 to {BUCKETS - 1}.")


def active() -> QuerySet[Move]:
    """Moves that have not ended, oldest first, read from the directory's primary."""
    return Move.objects.using(DIRECTORY).exclude(state__in=ENDED).order_by("pk")


def get(move_id: int) -> Move:
    """The move of that number. Raises Refused when there is none."""
    move = Move.objects.using(DIRECTORY).filter(pk=move_id).first()
    if move is None:
        raise Refused(f"There is no move {move_id}. `manage.py shards moves` lists them.")
    return move


def how_to_end(move: Move) -> str:
    """What an operator can type after a move was interrupted."""
    return f"move_bucket --resume {move.pk} goes on, --abort {move.pk} ends it."


def take_over(move: Move) -> None:
    """Increment a move's epoch, which makes earlier movers of it fail from now on. Raises Overtaken."""
    taken = Move.objects.using(DIRECTORY).filter(pk=move.pk, epoch=move.epoch)
    if not taken.update(epoch=move.epoch + 1):
        raise Overtaken
    move.epoch += 1
    move.refresh_from_db(using=DIRECTORY)


def advance(move: Move, state: str, **note: Any) -> None:
    """Change the state of a move, with an entry in its history. Raises Overtaken."""
    with transactions.shard_atomic(alias=DIRECTORY):
        current = Move.objects.using(DIRECTORY).filter(pk=move.pk, epoch=move.epoch, state=move.state)
        if not current.update(state=state, problem=""):
            raise Overtaken
        record(move, state, **note)
    move.state = state


def narrow(move: Move, numbers: list[int]) -> None:
    """Reduce a move to these buckets, which were switched: only cleaning up is left to do. Raises Overtaken."""
    with transactions.shard_atomic(alias=DIRECTORY):
        current = Move.objects.using(DIRECTORY).filter(pk=move.pk, epoch=move.epoch)
        state = Move.State.DETACHED if move.state == Move.State.DETACHED else Move.State.SWITCHED
        if not current.update(buckets=numbers, state=state):
            raise Overtaken
        record(move, "narrowed", given_up=sorted(set(move.buckets) - set(numbers)))
    move.buckets, move.state = numbers, state


def record(move: Move, what: str, **note: Any) -> None:
    """Add an entry to the history of a move."""
    MoveEvent.objects.using(DIRECTORY).create(move=move, what=what, note=note)


def note_problem(move: Move, problem: str) -> None:
    """Store why a move does not continue."""
    Move.objects.using(DIRECTORY).filter(pk=move.pk).update(problem=problem)
    record(move, "problem", problem=problem)


def note_progress(move: Move, **progress: Any) -> None:
    """Store how far a move is, for `manage.py shards`."""
    move.progress |= progress
    Move.objects.using(DIRECTORY).filter(pk=move.pk, epoch=move.epoch).update(progress=move.progress)


def switch_map(move: Move, numbers: list[int], *, min_lsn: int) -> None:
    """The commit point: give buckets to the target, if the source still has them and no mover has taken over.

    From now on readers go to the target, and to its replicas only after they have replayed `min_lsn`.
    Raises Overtaken, after which nothing has changed."""
    with transactions.shard_atomic(alias=DIRECTORY):
        current = Move.objects.using(DIRECTORY).select_for_update().filter(pk=move.pk, epoch=move.epoch)
        if current.filter(state=Move.State.SWITCHING).first() is None:
            raise Overtaken
        rows = Bucket.objects.using(DIRECTORY).filter(number__in=numbers, shard=move.source)
        if rows.update(shard=move.target, min_lsn=min_lsn) != len(numbers):
            raise Overtaken
        buckets.count_up()


def take_back(move: Move, numbers: list[int], *, min_lsn: int) -> None:
    """Undo `switch_map` for buckets that the target lost before any write to them there.

    Raises Overtaken, after which nothing has changed."""
    with transactions.shard_atomic(alias=DIRECTORY):
        current = Move.objects.using(DIRECTORY).select_for_update().filter(pk=move.pk, epoch=move.epoch)
        if current.first() is None:
            raise Overtaken
        rows = Bucket.objects.using(DIRECTORY).filter(number__in=numbers, shard=move.target)
        if rows.update(shard=move.source, min_lsn=min_lsn) != len(numbers):
            raise Overtaken
        buckets.count_up()
        record(move, "taken back", buckets=numbers)


def switched(move: Move) -> set[int]:
    """The buckets of a move that the map gives to the target."""
    rows = Bucket.objects.using(DIRECTORY).filter(number__in=move.buckets, shard=move.target)
    return set(rows.values_list("number", flat=True))


def shards_of(numbers: list[int]) -> dict[str, list[int]]:
    """{shard: those of these buckets that it has}, by the map in the directory."""
    of_shard: dict[str, list[int]] = defaultdict(list)
    rows = Bucket.objects.using(DIRECTORY).filter(number__in=numbers).order_by("number")
    for number, shard in rows.values_list("number", "shard"):
        of_shard[shard].append(number)
    return of_shard


def _create(source: str, target: str, numbers: list[int], asked_by: str) -> Move:
    move = Move.objects.using(DIRECTORY).create(
        source=source, target=target, buckets=numbers, asked_by=asked_by[:100]
    )
    record(move, "planned", asked_by=asked_by)
    return move


def _parts(numbers: list[int]) -> list[list[int]]:
    return [numbers[start : start + MOST_BUCKETS] for start in range(0, len(numbers), MOST_BUCKETS)]


def _check_free(numbers: set[int]) -> None:
    for move in active():
        taken = numbers.intersection(move.buckets)
        if taken:
            raise Refused(
                f"Bucket {min(taken)} is in a move already ({move}). Resume or abort that one first."
            )
