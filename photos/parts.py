"""Large files go up in parts, so that a lost network or a reload costs one part at most.

The store's own multipart upload does it. Nothing is remembered in the browser: a file that is chosen again has the same
fingerprint, finds its reservation, and is told which parts are there.
"""

from dataclasses import dataclass

from photos import storage
from photos.models import Photo, State

WHOLE_UP_TO_BYTES = 16 * 1024 * 1024
PART_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Plan:
    """A file's parts: their size (the last is smaller), the address of each, the numbers (from 1) that are there."""

    part_bytes: int
    urls: list[str]
    done: list[int]


def opened(photo: Photo) -> Photo:
    """Return the photo with an open multipart upload; raises storage.StorageUnavailable."""
    if photo.multipart_id and storage.is_multipart_open(photo.original_key, photo.multipart_id):
        return photo
    multipart_id = storage.open_multipart(photo.original_key, content_type=photo.content_type)
    reserved = Photo.objects.locate(photo.pk).filter(state=State.RESERVED, multipart_id=photo.multipart_id)
    if not reserved.update(multipart_id=multipart_id):  # another tab was first: theirs counts
        storage.abort_multipart(photo.original_key, multipart_id)
    photo.refresh_from_db()
    return photo


def plan(photo: Photo) -> Plan:
    """Return where each part goes and which are there; raises storage.StorageUnavailable."""
    count = -(-photo.original_bytes // PART_BYTES)
    sizes = _sizes(photo)
    stored = storage.stored_parts(photo.original_key, photo.multipart_id)
    return Plan(
        part_bytes=PART_BYTES,
        urls=[
            storage.presigned_part(photo.original_key, photo.multipart_id, number, size=sizes[number - 1])
            for number in range(1, count + 1)
        ],
        done=[number for number, (size, _) in sorted(stored.items()) if size == sizes[number - 1]],
    )


def complete(photo: Photo) -> None:
    """Put the parts together, once; does nothing while some are missing or when it was done before."""
    stored = storage.stored_parts(photo.original_key, photo.multipart_id)
    if [stored.get(number, (0, ""))[0] for number in range(1, len(_sizes(photo)) + 1)] == _sizes(photo):
        etags = [stored[number][1] for number in sorted(stored)]
        storage.complete_multipart(photo.original_key, photo.multipart_id, etags)


def abort(photo: Photo) -> None:
    """Throw away what has been stored of it."""
    storage.abort_multipart(photo.original_key, photo.multipart_id)


def _sizes(photo: Photo) -> list[int]:
    whole, rest = divmod(photo.original_bytes, PART_BYTES)
    return [PART_BYTES] * whole + ([rest] if rest else [])
