"""The abstract row `OfPhoto`, for rows on the shard of a photo that are deleted with it, and its manager."""

from typing import Self, TypeVar

from django.db import models

from sharding.rows import ids
from sharding.rows.managers import ShardedQuerySet
from sharding.rows.models import ShardedModel

M_co = TypeVar("M_co", bound=models.Model, covariant=True)


class OfPhotoQuerySet(ShardedQuerySet[M_co]):
    """Rows that have a `photo`."""

    def of_photo(self, photo_id: int) -> Self:
        """Return the rows of one photo."""
        return self.in_bucket(ids.bucket_of(photo_id)).filter(photo_id=photo_id)


OfPhotoManager = models.Manager.from_queryset(OfPhotoQuerySet)


class OfPhoto(ShardedModel):
    """A row that is deleted with its photo."""

    photo = models.ForeignKey("photos.Photo", on_delete=models.CASCADE, related_name="+")

    class Meta(ShardedModel.Meta):
        abstract = True

    def shard_bucket(self) -> int:
        """Return the bucket of the photo."""
        return ids.bucket_of(self.photo_id)
