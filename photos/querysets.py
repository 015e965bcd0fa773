"""Sets of photos, and who may see them."""

from typing import TYPE_CHECKING, Self

from django.db import models

from accounts.follows import is_following
from accounts.models import User
from photos import words
from sharding.managers import ShardedManager, ShardedQuerySet

if TYPE_CHECKING:
    from photos.models import Photo  # noqa: F401 - named in a string below


def levels_shown(*, is_following: bool) -> tuple[str, ...]:
    """Return the levels of visibility that include somebody who is not the owner."""
    return ("public", "followers") if is_following else ("public",)


class PhotoQuerySet(ShardedQuerySet["Photo"]):
    """Photos of one shard."""

    def shown(self) -> Self:
        """Return those that there is a picture of."""
        return self.exclude(stage="").exclude(state="failed")

    def newest(self, limit: int, *, before: int | None = None) -> Self:
        """Return at most `limit` photos, newest first, older than the id `before` (a keyset cursor)."""
        page = self if before is None else self.filter(pk__lt=before)
        return page.order_by("-pk")[:limit]

    def visible_to(self, viewer: User | None, owner_id: int) -> Self:
        """Return those photos of one owner that `viewer` may see. The owner also sees what is on its way or failed."""
        if viewer is not None and viewer.pk == owner_id:
            return self.filter(owner_id=owner_id).exclude(state="reserved")
        levels = levels_shown(is_following=viewer is not None and is_following(viewer.pk, owner_id))
        return self.shown().filter(owner_id=owner_id, visibility__in=levels)

    def public(self) -> Self:
        """Return what everybody may see, signed in or not."""
        return self.shown().filter(visibility="public")

    def findable_by(self, *, viewer_id: int, followed_ids: list[int]) -> Self:
        """Return what lists of all people's photos may show to a viewer who follows these people."""
        of_followed = models.Q(visibility="followers", owner_id__in=followed_ids)
        return self.shown().filter(models.Q(visibility="public") | models.Q(owner_id=viewer_id) | of_followed)

    def with_words(self, asked: list[str], *, viewer_id: int | None) -> Self:
        """Return those with words that begin with all of these, in caption or camera; one's own also by file name."""
        matching = self.alias(words=words.PhotoWords())
        found = models.Q(words=words.query(asked, weights="AB"))
        if viewer_id is not None:
            found |= models.Q(words=words.query(asked), owner_id=viewer_id)
        return matching.filter(found)

    def in_feed(self, *, viewer_id: int, owner_ids: list[int]) -> Self:
        """Return what a feed shows: the viewer's own photos, and what these owners show to followers."""
        visible = models.Q(owner_id=viewer_id) | models.Q(visibility__in=["public", "followers"])
        return self.shown().filter(visible, owner_id__in=owner_ids)


# Photos are reached by their owner (`of`), by id (`locate`), or shard by shard (`on`).
PhotoManager = ShardedManager.from_queryset(PhotoQuerySet)
