"""What somebody was told, as their page shows it: grouped, and only of what they may see now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from accounts import blocks_cache, people_cache
from accounts.models import User
from accounts.profile_card import Person
from photos.display import cards
from photos.models import Kind, Notification, Photo
from photos.social import audience, comments, notifications
from photos.social.comments import Place
from sharding.gather.scatter import scatter
from sharding.rows import buckets

NAMED = 2
# Several people who did the same to the same photo on one day are one line; what was said is a line each.
GROUPED = frozenset((Kind.LIKED, Kind.FOLLOWED))


@dataclass(frozen=True)
class InboxLine:
    """One line of news: who did what, and where that leads. `id` stays the same while others join in."""

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

    @property
    def more(self) -> int:
        """Return how many did it beside the first."""
        return len(self.people) - 1 + self.others

    @property
    def total(self) -> int:
        """Return how many people it is about."""
        return len(self.people) + self.others


@dataclass(frozen=True)
class InboxPage:
    """Lines, newest first. `until` is the newest row that was looked at; `missing` names shards that did not answer."""

    lines: list[InboxLine]
    until: int
    missing: list[str]


def page(me: User, *, after: int | None = None) -> InboxPage:
    """Return what somebody was told lately, or the lines of that in which there is something since a row."""
    rows = notifications.latest(me.pk)
    found = audience.visible(me, (row.photo_id for row in rows if row.photo_id is not None))
    owner_of = {photo_id: photo.owner_id for photo_id, photo in found.photos.items()}
    silent = blocks_cache.for_user(me).blocked_either_way | blocks_cache.for_user(me).muted
    people = people_cache.people({*owner_of.values(), *(row.actor_id for row in rows)})
    here = {pk for pk, person in people.items() if person.is_active}
    heard = here - silent
    told = [
        row
        for row in rows
        if row.actor_id in heard and (row.photo_id is None or owner_of.get(row.photo_id) in here)
    ]
    places = _places(row.comment_id for row in told)
    shown = [row for row in told if row.comment_id is None or row.comment_id in places]
    groups: dict[tuple[object, ...], list[Notification]] = {}
    for row in shown:
        same = (row.kind, row.photo_id, row.made_at.date()) if row.kind in GROUPED else (row.pk,)
        groups.setdefault(same, []).append(row)
    lines = [
        _line(group, people, found.photos, places)
        for group in groups.values()
        if after is None or group[0].pk > after
    ]
    return InboxPage(lines, rows[0].pk if rows else 0, found.missing)


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
    what = f"{first.photo_id or 0}-{first.made_at:%Y-%m-%d}" if first.kind in GROUPED else first.pk
    return InboxLine(
        id=f"news-{first.kind}-{what}",
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


def _ago(moment: datetime) -> str:
    is_fresh = timezone.now() - moment < timedelta(minutes=1)
    return _("just now") if is_fresh else _("%(time)s ago") % {"time": timesince(moment, depth=1)}


def _places(comment_ids: Iterable[int | None]) -> dict[int, Place]:
    """Return {comment: its words and its place} of those that were not deleted, asked once a shard."""
    ids_on = buckets.by_shard(comment_id for comment_id in comment_ids if comment_id is not None)
    gathered = scatter(lambda alias: comments.places(alias, ids_on[alias]), aliases=list(ids_on))
    return {comment_id: place for part in gathered.results.values() for comment_id, place in part.items()}
