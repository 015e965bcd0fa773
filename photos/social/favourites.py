"""The favourites of a user: a copy of each of their likes, on their own shard, whatever shard the photo is on."""

from django.utils import timezone

from photos.models import Favourite
from photos.social import likes, versioned_copy

PAGE = 24


def write(photo_id: int, user_id: int, like: likes.LikeState | None) -> None:
    """Bring the copy of a like up to date; `like` is None when the photo is gone, which is final.

    A version of 0 means that no like was found: we read too early. Write nothing; the stored copy may be newer.
    """
    favourites = Favourite.objects.of(user_id)
    if like is None:
        favourites.filter(photo_id=photo_id).delete()
        return
    if not like.version:
        return
    values = {"is_on": like.is_on, "changed_at": timezone.now()}
    versioned_copy.write(
        favourites, {"owner_id": user_id, "photo_id": photo_id}, values, version=like.version
    )


def page(user_id: int, *, before: int | None = None, limit: int = PAGE) -> list[Favourite]:
    """Return a page of favourites, the latest like first."""
    favourites = Favourite.objects.of(user_id).filter(is_on=True)
    if before is not None:
        favourites = favourites.filter(pk__lt=before)
    return list(favourites.order_by("-pk")[:limit])
