"""The notifications page of a user: grouped into lines, without what the user may not see now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.profile_card import Person
from accounts.relations import blocks_cache, people_cache
from photos.display import cards
from photos.models import Kind, Notification, Photo
from photos.social import audience, comments, notifications
from photos.social.comments import Place
from sharding.gather.scatter import scatter
from sharding.rows import buckets

NAMED = 2
# Kinds of which one line stands for all people on one day; each comment has a line of its own.
GROUPED = frozenset((Kind.LIKED, Kind.FOLLOWED))


@dataclass(frozen=True)
class InboxLine:
    """One line of the page: who did what, and the link. `id` stays the same when more people join the line."""

    id: str
    first_row: int
    last_row: int
    kind: str
    people: list[Person]
    others: int
    photo: cards.Tile | None
    excerpt: str
    url: str
    made_at: datetime
    ago: str
    is_unread: bool
    failed: int = 0  # photos, of a line that tells of failures

    @property
    def more(self) -> int:
        """Return the number of people beside the first."""
        return len(self.people) - 1 + self.others

    @property
    def total(self) -> int:
        """Return the number of people."""
        return len(self.people) + self.others


@dataclass(frozen=True)
class InboxPage:
    """Lines, newest first; `until` is the id of the newest row read; `missing` names shards that did not answer."""

    lines: list[InboxLine]
    until: int
    missing: list[str]


def page(me: User, *, after: int | None = None) -> InboxPage:
    """Return a user's latest notifications; with `after` only the lines that have a row with a higher id."""
    rows = notifications.latest(me.pk)
    visible = audience.visible(me, (row.photo_id for row in rows if row.photo_id is not None))
    owner_of = {photo_id: photo.owner_id for photo_id, photo in visible.photos.items()}
    people = people_cache.people({*owner_of.values(), *(row.actor_id for row in rows)})
    active_ids = {pk for pk, person in people.items() if person.is_active}
    blocks = blocks_cache.for_user(me)
    actor_ids = active_ids - blocks.blocked_either_way - blocks.muted
    rows_of_active = [
        row
        for row in rows
        if row.actor_id in actor_ids and (row.photo_id is None or owner_of.get(row.photo_id) in active_ids)
    ]
    places = _places(row.comment_id for row in rows_of_active)
    failed = _failed(me, rows)
    shown = [
        row
        for row in rows_of_active
        if (row.comment_id is None or row.comment_id in places) and (row.kind != Kind.FAILED or failed)
    ]
    lines = [
        _line_of_failures(group, people, failed)
        if group[0].kind == Kind.FAILED
        else _line(group, people, visible.photos, places)
        for group in _groups(shown)
        if after is None or group[0].pk > after
    ]
    return InboxPage(lines, rows[0].pk if rows else 0, visible.missing)


def _groups(rows: Iterable[Notification]) -> Iterable[list[Notification]]:
    """Return the rows of each line, in the order of the rows."""
    groups: dict[tuple[object, ...], list[Notification]] = {}
    for row in rows:
        key: tuple[object, ...] = (row.pk,)
        if row.kind in GROUPED:
            key = (row.kind, row.photo_id, row.made_at.date())
        elif row.kind == Kind.FAILED:
            key = (row.kind,)
        groups.setdefault(key, []).append(row)
    return groups.values()


def _line(
    group: list[Notification],
    people: Mapping[int, User],
    photos: Mapping[int, Photo],
    places: Mapping[int, Place],
) -> InboxLine:
    first = group[0]
    photo = photos.get(first.photo_id or 0)
    actors = [Person.from_user(people[row.actor_id]) for row in group]
    place = places.get(first.comment_id or 0)
    group_id = f"{first.photo_id or 0}-{first.made_at:%Y-%m-%d}" if first.kind in GROUPED else first.pk
    return InboxLine(
        id=f"news-{first.kind}-{group_id}",
        first_row=group[-1].pk,
        last_row=first.pk,
        kind=first.kind,
        people=actors[:NAMED],
        others=len(actors[NAMED:]),
        photo=cards.tile(photo) if photo else None,
        excerpt=place.body if place else "",
        url=photo.get_absolute_url() + (place.query if place else "") if photo else actors[0].url,
        made_at=first.made_at,
        ago=_ago(first.made_at),
        is_unread=any(row.read_at is None for row in group),
    )


def _line_of_failures(group: list[Notification], people: Mapping[int, User], failed: int) -> InboxLine:
    """Return the one line that stands for all failed photos of the reader."""
    first, owner = group[0], people[group[0].owner_id]
    return InboxLine(
        id=f"news-{first.kind}",
        first_row=group[-1].pk,
        last_row=first.pk,
        kind=first.kind,
        people=[Person.from_user(owner)],
        others=0,
        photo=None,
        excerpt="",
        url=f"{owner.get_absolute_url()}?failed=1",
        made_at=first.made_at,
        ago=_ago(first.made_at),
        is_unread=any(row.read_at is None for row in group),
        failed=failed,
    )


def _failed(me: User, rows: Iterable[Notification]) -> int:
    """Return how many photos of the reader have failed, if one of these rows tells of it; else 0."""
    if not any(row.kind == Kind.FAILED for row in rows):
        return 0
    return int(Photo.objects.of(me.pk).failed().count())


def _ago(moment: datetime) -> str:
    is_fresh = timezone.now() - moment < timedelta(minutes=1)
    return _("just now") if is_fresh else _("%(time)s ago") % {"time": timesince(moment, depth=1)}


def _places(comment_ids: Iterable[int | None]) -> dict[int, Place]:
    """Return {comment id: its body and its place} of the comments that are not deleted; one query for each shard."""
    ids_on = buckets.by_shard(comment_id for comment_id in comment_ids if comment_id is not None)
    gathered = scatter(lambda alias: comments.places(alias, ids_on[alias]), aliases=list(ids_on))
    return {comment_id: place for part in gathered.results.values() for comment_id, place in part.items()}
