"""Blocking and muting. The other person is never told.

After a block the two see nothing of each other, and neither follows the other any more. After a mute the other person's
photos leave the muter's feed and their actions make no unread notification; the muted person sees everything as before.
"""

from accounts.models import Avoidance, User
from accounts.relations import blocks_cache, follows
from sharding.consistency import outbox
from sharding.rows.placement import DIRECTORY
from sharding.rows.transactions import shard_atomic

CHANGED = "avoidance.changed"
BLOCK, MUTE = Avoidance.Kind.BLOCK, Avoidance.Kind.MUTE


class CannotBlockSelf(Exception):
    """A person tried to block or mute themself."""


def begin(person: User, other: User, kind: str) -> bool:
    """Make `person` block or mute `other`; return False when they already did. Raises CannotBlockSelf."""
    if person.pk == other.pk:
        raise CannotBlockSelf
    with shard_atomic(alias=DIRECTORY):
        follows.lock_pair(person, other)
        _, is_new = Avoidance.objects.get_or_create(person=person, other=other, kind=Avoidance.Kind(kind))
        if kind == BLOCK:
            follows.unfollow(person, other)
            follows.unfollow(other, person)
        if is_new:
            outbox.add_to_directory(CHANGED, {"person_id": person.pk, "other_id": other.pk})
    blocks_cache.forget_read(person, other)
    return is_new


def end(person: User, other: User, kind: str) -> bool:
    """End a block or mute; return False when there was none. The follows that a block ended do not come back."""
    deleted, _ = Avoidance.objects.filter(person=person, other=other, kind=kind).delete()
    blocks_cache.forget_read(person, other)
    return bool(deleted)


def blocked_with(person_ids: set[int], among: set[int]) -> set[int]:
    """Return those of `among` who have blocked, or are blocked by, any of `person_ids`."""
    blocks = Avoidance.objects.blocks_between(person_ids, among).values_list("person_id", "other_id")
    return {user_id for pair in blocks for user_id in pair} & among


def is_silenced(person_id: int, other_id: int) -> bool:
    """Return whether `person` must not be notified of `other`: muted, or blocked by either of the two."""
    by_person = Avoidance.objects.filter(person_id=person_id, other_id=other_id)
    return (by_person | Avoidance.objects.blocks_between([person_id], [other_id])).exists()


def people_by_kind(person: User) -> dict[str, list[User]]:
    """Return {kind: active people blocked or muted by `person`}, latest first."""
    rows = (
        Avoidance.objects.filter(person=person, other__is_active=True).select_related("other").order_by("-pk")
    )
    return {kind.value: [row.other for row in rows if row.kind == kind] for kind in Avoidance.Kind}
