"""Sets of photos, and who may see them."""

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Self

from django.db import models

from accounts.relationship import Relationship
from photos.models import functions, visibility_levels
from photos.models.functions import PhotoTakenOn
from photos.text.search_query import Span, day_after
from sharding.rows import ids
from sharding.rows.managers import ShardedManager, ShardedQuerySet

if TYPE_CHECKING:
    from photos.models import Photo  # noqa: F401 - named in a string below


class PhotoQuerySet(ShardedQuerySet["Photo"]):
    """Photos of one shard."""

    def shown(self) -> Self:
        """Return those that there is a picture of, and that are not in the trash."""
        return self.kept().exclude(stage="").exclude(state="failed")

    def kept(self) -> Self:
        """Return those that are not in the trash."""
        return self.filter(trashed_at=None)

    def newest(self, limit: int, *, before: int | None = None) -> Self:
        """Return at most `limit` photos, newest first, older than the id `before` (a keyset cursor)."""
        page = self if before is None else self.filter(pk__lt=before)
        return page.order_by("-pk")[:limit]

    def reachable_by(self, tie: Relationship, owner_id: int) -> Self:
        """Return those photos of one owner that somebody who is this to them may see at their addresses."""
        return self._of_levels(visibility_levels.REACHABLE[tie], tie, owner_id)

    def listed_for(self, tie: Relationship, owner_id: int) -> Self:
        """Return those photos of one owner that lists show to somebody who is this to them."""
        return self._of_levels(visibility_levels.LISTED[tie], tie, owner_id)

    def neighbours(self, photo_id: int) -> tuple[int | None, int | None]:
        """Return the ids of the next newer and the next older of these photos, in one query."""
        newer = self.filter(pk__gt=photo_id).order_by("pk").values_list("pk", flat=True)[:1]
        older = self.filter(pk__lt=photo_id).order_by("-pk").values_list("pk", flat=True)[:1]
        found = list(newer.union(older))
        newer_id = next((pk for pk in found if pk > photo_id), None)
        return newer_id, next((pk for pk in found if pk < photo_id), None)

    def public(self) -> Self:
        """Return what everybody may see in lists, signed in or not."""
        return self.shown().filter(visibility__in=visibility_levels.FOR_ALL)

    def findable_by(self, *, viewer_id: int, followed_ids: list[int]) -> Self:
        """Return what lists of all people's photos may show to a viewer who follows these people."""
        of_followed = models.Q(visibility__in=visibility_levels.FOR_FOLLOWERS, owner_id__in=followed_ids)
        of_anybody = models.Q(visibility__in=visibility_levels.FOR_ALL)
        return self.shown().filter(of_anybody | models.Q(owner_id=viewer_id) | of_followed)

    def not_by(self, owner_ids: frozenset[int]) -> Self:
        """Return what is not of these people, whom a block keeps apart from the viewer."""
        return self.exclude(owner_id__in=owner_ids) if owner_ids else self

    def with_words(self, asked: list[str], *, viewer_id: int | None) -> Self:
        """Return those with words that begin with all of these, in caption or camera; one's own also by file name."""
        matching = self.alias(words=functions.PhotoWords())
        found = models.Q(words=functions.query(asked, weights="AB"))
        if viewer_id is not None:
            found |= models.Q(words=functions.query(asked), owner_id=viewer_id)
        return matching.filter(found)

    def with_camera(self, asked: list[str]) -> Self:
        """Return those by a camera or lens with words that begin with all of these."""
        return self.alias(words=functions.PhotoWords()).filter(words=functions.query(asked, weights="B"))

    def taken_within(self, days: Span) -> Self:
        """Return those taken on these days, by the camera's clock."""
        found = self.alias(taken_on=PhotoTakenOn())
        found = found.filter(taken_on__gte=days.first) if days.first else found
        return found.filter(taken_on__lte=days.last) if days.last else found

    def uploaded_within(self, days: Span) -> Self:
        """Return those that came on these days (of UTC): ids begin with their time."""
        found = self.filter(pk__gte=ids.first_id_at(_midnight(days.first))) if days.first else self
        return found.filter(pk__lt=ids.first_id_at(_midnight(day_after(days.last)))) if days.last else found

    def in_feed(self, *, viewer_id: int, owner_ids: list[int]) -> Self:
        """Return what a feed shows: the viewer's own photos, and what these owners show to followers."""
        visible = models.Q(owner_id=viewer_id) | models.Q(
            visibility__in=visibility_levels.LISTED[Relationship.FOLLOWER]
        )
        return self.shown().filter(visible, owner_id__in=owner_ids)

    def _of_levels(self, shown: visibility_levels.Levels, tie: Relationship, owner_id: int) -> Self:
        """Return an owner's photos of these levels; the owner also sees what is on its way or failed."""
        own = self.of(owner_id)
        if tie == Relationship.OWNER:
            return own.kept().exclude(state="reserved")
        return own.shown().filter(visibility__in=shown)


def _midnight(day: date) -> datetime:
    return datetime.combine(max(day, ids.EPOCH.date()), time(), tzinfo=UTC)


# Photos are reached by their owner (`of`), by id (`locate`), or shard by shard (`on`).
PhotoManager = ShardedManager.from_queryset(PhotoQuerySet)
