"""What somebody likes, listed where they live: a copy of each of their likes, whosever the photo is."""

from django.utils import timezone

from photos.models import Favourite
from photos.social import likes, versioned_copy

PAGE = 24


def write(photo_id: int, user_id: int, seen: likes.LikeState | None) -> None:
    """Write the copy of a like that was seen like this; None when the photo was gone, for ever.

    Whoever saw no like saw too early: there is nothing to write, and what there is may be newer.
    """
    mine = Favourite.objects.of(user_id)
    if seen is None:
        mine.filter(photo_id=photo_id).delete()
    if seen is None or not seen.version:
        return
    values = {"is_on": seen.is_on, "changed_at": timezone.now()}
    versioned_copy.write(mine, {"owner_id": user_id, "photo_id": photo_id}, values, version=seen.version)


def page(user_id: int, *, before: int | None = None, limit: int = PAGE) -> list[Favourite]:
    """Return what somebody likes, what they liked last first."""
    shown = Favourite.objects.of(user_id).filter(is_on=True)
    if before is not None:
        shown = shown.filter(pk__lt=before)
    return list(shown.order_by("-pk")[:limit])
