"""Clean copies of photos: the largest JPEG, which carries no data but the owner's credit, under a neutral name.

Share links and albums in one file give these away when the owner does not give away originals.
"""

import hashlib
from collections.abc import Sequence

from photos.models import Photo, Rendition
from sharding.rows import ids


def largest_jpegs(photos: Sequence[Photo]) -> dict[int, Rendition]:
    """Return {photo id: its largest current JPEG, squares aside} for photos of one owner; some may have none."""
    if not photos:
        return {}
    bucket = ids.bucket_of(photos[0].pk)  # all photos of one owner are in one bucket
    jpegs = Rendition.objects.in_bucket(bucket).filter(photo__in=photos, format="jpeg")
    stamps = {photo.pk: photo.stamp for photo in photos}
    return {
        row.photo_id: row
        for row in jpegs.exclude(name__startswith="sq").order_by("width")
        if row.stamp == stamps[row.photo_id]
    }


def neutral_name(photo: Photo) -> str:
    """Return a file name that reveals neither camera, day nor place, and differs from photo to photo."""
    return f"photo-{hashlib.sha256(photo.sha256.encode()).hexdigest()[:6]}.jpg"
