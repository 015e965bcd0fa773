"""What somebody was told, as their page shows it: grouped, and only of what they may see now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from accounts import keptaway, known
from accounts.models import User
from accounts.people import Person
from photos import audience, delivery, notifications
from photos.models import Comment, Kind, Notification, Photo
from sharding import buckets, ids
from sharding.scatter import scatter

NAMED = 2
# Several people who did the same to the same photo on one day are one line; what was said is a line each.
GROUPED = frozenset((Kind.LIKED, Kind.FOLLOWED))


@dataclass(frozen=True)
class Line:
    """One line of news: who did what, and where that leads. `id` stays the same while others join in."""

    id: str
    first_row: int
    last_row: int
    kind: str
    people: list[Person]
    others: int
    photo: delivery.Tile | None
    excerpt: str
    url: str
    made_at: datetime
    ago: str
    is_unread: bool

    @property
    def more(self) -> int:
        """Return how many did it beside the first."""
        return len(self.people) - 1 + self.others

    @property
    def total(self) -> int:
        """Return how many people it is about."""
        return len(self.people) + self.others


@dataclass(frozen=True)
class News:
    """Lines, newest first. `until` is the newest row that was looked at; `missing` names shards that did not answer."""

    lines: list[Line]
    until: int
    missing: list[str]


def of(me: User, *, after: int | None = None) -> News:
    """Return what somebody was told lately, or the lines of that in which there is something since a row."""
    rows = notifications.latest(me.pk)
    found = audience.visible(me, (row.photo_id for row in rows if row.photo_id is not None))
    words = _words(row.comment_id for row in rows if row.photo_id in found.photos)
    silent = keptaway.of(me).apart | keptaway.of(me).muted
    people = known.people(row.actor_id for row in rows if row.actor_id not in silent)
    shown = [
        row
        for row in rows
        if row.actor_id in people
        and people[row.actor_id].is_active
        and (row.photo_id is None or row.photo_id in found.photos)
        and (row.comment_id is None or row.comment_id in words)
    ]
    groups: dict[tuple[object, ...], list[Notification]] = {}
    for row in shown:
        same = (row.kind, row.photo_id, row.made_at.date()) if row.kind in GROUPED else (row.pk,)
        groups.setdefault(same, []).append(row)
    lines = [
        _line(group, people, found.photos, words)
        for group in groups.values()
        if after is None or group[0].pk > after
    ]
    return News(lines, rows[0].pk if rows else 0, found.missing)


def _line(
    group: list[Notification],
    people: Mapping[int, User],
    photos: Mapping[int, Photo],
    words: Mapping[int, str],
) -> Line:
    first = group[0]
    photo = photos.get(first.photo_id or 0)
    actors = [Person.of(people[row.actor_id]) for row in group]
    anchor = f"#comment-{first.comment_id}" if first.comment_id else ""
    what = f"{first.photo_id or 0}-{first.made_at:%Y-%m-%d}" if first.kind in GROUPED else first.pk
    return Line(
        id=f"news-{first.kind}-{what}",
        first_row=group[-1].pk,
        last_row=first.pk,
        kind=first.kind,
        people=actors[:NAMED],
        others=len(actors[NAMED:]),
        photo=delivery.tile(photo) if photo else None,
        excerpt=words.get(first.comment_id or 0, ""),
        url=photo.get_absolute_url() + anchor if photo else actors[0].url,
        made_at=first.made_at,
        ago=_ago(first.made_at),
        is_unread=any(row.read_at is None for row in group),
    )


def _ago(moment: datetime) -> str:
    is_fresh = timezone.now() - moment < timedelta(minutes=1)
    return _("just now") if is_fresh else _("%(time)s ago") % {"time": timesince(moment, depth=1)}


def _words(comment_ids: Iterable[int | None]) -> dict[int, str]:
    """Return {comment: its words} of those that were not deleted, asked once a shard."""
    asked: dict[str, list[int]] = {}
    for comment_id in comment_ids:
        if comment_id is not None:
            asked.setdefault(buckets.shard_of(ids.bucket_of(comment_id)), []).append(comment_id)

    def ask(alias: str) -> list[tuple[int, str]]:
        rows = Comment.objects.on(alias).filter(pk__in=asked[alias], deleted_at__isnull=True)
        return list(rows.values_list("pk", "body"))

    gathered = scatter(ask, aliases=list(asked))
    return dict(pair for part in gathered.results.values() for pair in part)
