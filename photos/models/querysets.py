"""Sets of photos: which are shown, and who may see them. The rules are tables in `visibility_levels`.

`reachable_by` says what a visitor may open by URL; `listed_for`, `public`, `findable_by` and `in_feed` what lists show.
A page of one photo asks `photos.social.audience` instead, which reads the same tables.
"""

from datetime import UTC, date, datetime, time
from typing import Self, TypeVar

from django.db import models

from accounts.relations.relationship import Relationship
from photos.models import functions, visibility_levels
from photos.models.functions import PhotoTakenOn
from photos.text.search_query import Span, day_after
from sharding.rows import ids
from sharding.rows.managers import ShardedManager, ShardedQuerySet

# The model is a type argument, because photos.models.photo imports this module.
P_co = TypeVar("P_co", bound=models.Model, covariant=True)


class PhotoQuerySet(ShardedQuerySet[P_co]):
    """A set of photos of one shard."""

    def shown(self) -> Self:
        """Return photos that have a picture and are not in the trash."""
        return self.kept().exclude(stage="").exclude(state="failed")

    def kept(self) -> Self:
        """Return photos that are not in the trash."""
        return self.filter(trashed_at=None)

    def failed(self) -> Self:
        """Return photos that could not be rendered and are not in the trash."""
        return self.kept().filter(state="failed")

    def newest(self, limit: int, *, before: int | None = None) -> Self:
        """Return at most `limit` photos, newest first, older than the id `before` (a keyset cursor)."""
        page = self if before is None else self.filter(pk__lt=before)
        return page.order_by("-pk")[:limit]

    def reachable_by(self, relation: Relationship, owner_id: int) -> Self:
        """Return the owner's photos that a visitor with this relationship to the owner may open by URL."""
        return self._of_levels(visibility_levels.REACHABLE[relation], relation, owner_id)

    def listed_for(self, relation: Relationship, owner_id: int) -> Self:
        """Return the owner's photos that lists show to a visitor with this relationship to the owner."""
        return self._of_levels(visibility_levels.LISTED[relation], relation, owner_id)

    def neighbours(self, photo_id: int) -> tuple[int | None, int | None]:
        """Return the ids of the next newer and the next older of these photos, in one query."""
        newer = self.filter(pk__gt=photo_id).order_by("pk").values_list("pk", flat=True)[:1]
        older = self.filter(pk__lt=photo_id).order_by("-pk").values_list("pk", flat=True)[:1]
        neighbours = list(newer.union(older))
        newer_id = next((pk for pk in neighbours if pk > photo_id), None)
        return newer_id, next((pk for pk in neighbours if pk < photo_id), None)

    def public(self) -> Self:
        """Return photos that lists show to every visitor, signed in or not."""
        return self.shown().filter(visibility__in=visibility_levels.FOR_ALL)

    def findable_by(self, *, viewer_id: int, followed_ids: list[int]) -> Self:
        """Return public photos, the viewer's own, and the followers-only photos of owners that the viewer follows."""
        of_followed = models.Q(visibility__in=visibility_levels.FOR_FOLLOWERS, owner_id__in=followed_ids)
        of_anybody = models.Q(visibility__in=visibility_levels.FOR_ALL)
        return self.shown().filter(of_anybody | models.Q(owner_id=viewer_id) | of_followed)

    def not_by(self, owner_ids: frozenset[int]) -> Self:
        """Return photos of other owners than these, who are hidden from the viewer by a block or mute."""
        return self.exclude(owner_id__in=owner_ids) if owner_ids else self

    def with_words(self, words: list[str], *, viewer_id: int | None) -> Self:
        """Return photos whose caption or camera has a word beginning with each of these.

        In the viewer's own photos the file name counts, too."""
        matching = models.Q(words=functions.words_query(words, weights="AB"))
        if viewer_id is not None:
            matching |= models.Q(words=functions.words_query(words), owner_id=viewer_id)
        return self.alias(words=functions.PhotoWords()).filter(matching)

    def with_camera(self, words: list[str]) -> Self:
        """Return photos whose camera or lens has a word beginning with each of these."""
        query = functions.words_query(words, weights="B")
        return self.alias(words=functions.PhotoWords()).filter(words=query)

    def taken_within(self, days: Span) -> Self:
        """Return photos taken on these days by the camera's clock, first and last day included."""
        rows = self.alias(taken_on=PhotoTakenOn())
        rows = rows.filter(taken_on__gte=days.first) if days.first else rows
        return rows.filter(taken_on__lte=days.last) if days.last else rows

    def uploaded_within(self, days: Span) -> Self:
        """Return photos uploaded on these days of UTC, first and last day included; ids begin with their time."""
        rows = self.filter(pk__gte=ids.first_id_at(_midnight(days.first))) if days.first else self
        return rows.filter(pk__lt=ids.first_id_at(_midnight(day_after(days.last)))) if days.last else rows

    def in_feed(self, *, viewer_id: int, owner_ids: list[int]) -> Self:
        """Return the viewer's own photos and those that these owners show to followers."""
        visible = models.Q(owner_id=viewer_id) | models.Q(
            visibility__in=visibility_levels.LISTED[Relationship.FOLLOWER]
        )
        return self.shown().filter(visible, owner_id__in=owner_ids)

    def _of_levels(self, levels: visibility_levels.Levels, relation: Relationship, owner_id: int) -> Self:
        """Return the owner's shown photos of these levels; to the owner also photos that are processed or failed."""
        own = self.of(owner_id)
        if relation == Relationship.OWNER:
            return own.kept().exclude(state="reserved")
        return own.shown().filter(visibility__in=levels)


def _midnight(day: date) -> datetime:
    return datetime.combine(max(day, ids.EPOCH.date()), time(), tzinfo=UTC)


# Queries name their shard by the owner (`of`), by a photo's id (`locate`), or by its alias (`on`).
PhotoManager = ShardedManager.from_queryset(PhotoQuerySet)
