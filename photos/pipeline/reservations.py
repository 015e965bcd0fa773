"""Reserve a photo's row and its bytes of the owner's quota before the file is sent.

The same bytes of one owner are one photo (constraint `photo_once_per_owner`): two tabs that announce the same file at
once share one reservation.
"""

from django.utils import timezone

from photos.files import keys, relocation
from photos.library import deletion, quota, trash, visibility
from photos.models import Photo, State
from photos.pipeline import multipart
from photos.pipeline.refusals import QuotaExceeded
from photos.pipeline.upload_request import FileManifest
from photos.text import filenames
from sharding.rows import ids
from sharding.rows.allocation import new_ids
from sharding.rows.transactions import shard_atomic


def reserve(owner_id: int, file: FileManifest, location: str) -> Photo:
    """Reserve a new photo, or return the one that another tab reserved first for the same bytes.

    `location` is the owner's setting for keeping coordinates. Raises QuotaExceeded.
    """
    photo_id = new_ids(ids.bucket_for_owner(owner_id))[0]
    photo = Photo(
        id=photo_id,
        owner_id=owner_id,
        sha256=file.sha256,
        original_key=keys.original_key(photo_id, file.sha256),
        original_bytes=file.size,
        content_type=file.content_type,
        filename=filenames.display_name(file.name),
        visibility=file.visibility,
        location=location,
        part_sha256s=file.part_sha256s,
        state=State.RESERVED,
        state_at=timezone.now(),
        created_at=ids.time_of(photo_id),
    )
    try:
        with shard_atomic(owner_id=owner_id):
            quota.take(owner_id, photo_id, file.size)
            Photo.objects.of(owner_id).bulk_create([photo], ignore_conflicts=True)
            winner = Photo.objects.of(owner_id).get(sha256=file.sha256)
            if winner.pk != photo_id:  # another tab reserved the same bytes first
                quota.give_back(owner_id, photo_id)
    except quota.Exceeded as error:
        raise QuotaExceeded from error
    return winner


def restore_from_trash(photo: Photo, file: FileManifest, location: str) -> Photo:
    """Restore a trashed photo whose bytes are uploaded again; if it is already due for deletion, reserve a new one.

    Visibility is taken from this request: the owner may have trashed the photo because others could see it.
    Raises QuotaExceeded.
    """
    if trash.is_due(photo):
        deletion.delete_photo(photo)
        return reserve(photo.owner_id, file, location)
    with shard_atomic(owner_id=photo.owner_id):  # one transaction: no reader sees it with its old visibility
        trash.restore(photo.owner_id, [photo.pk])
        photo.refresh_from_db()
        visibility.change(photo, file.visibility)
    return photo


def reserve_again(photo: Photo, file: FileManifest, location: str) -> Photo:
    """Reserve a photo again that failed or was never finished, with the values of this request.

    Raises QuotaExceeded, Photo.DoesNotExist when another tab cancelled it meanwhile.
    """
    fields: dict[str, object] = {
        "filename": filenames.display_name(file.name),
        "content_type": file.content_type,
        "visibility": file.visibility,
        "location": location,
        "state_at": timezone.now(),
    }
    if (
        file.visibility != photo.visibility
    ):  # files of an earlier attempt must not stay at the old level's keys
        fields |= {
            "shelf": relocation.random_shelf(file.visibility),
            "shown_shelf": relocation.shown_shelf(photo),
        }
    try:
        with shard_atomic(owner_id=photo.owner_id):
            failed = Photo.objects.locate(photo.pk).filter(state=State.FAILED)
            if failed.update(**fields, state=State.RESERVED, failure="", failure_code=""):
                quota.take(photo.owner_id, photo.pk, photo.original_bytes)
            else:
                Photo.objects.locate(photo.pk).filter(state=State.RESERVED).update(**fields)
    except quota.Exceeded as error:
        raise QuotaExceeded from error
    photo.refresh_from_db()
    return _with_parts(photo, file.part_sha256s)


def _with_parts(photo: Photo, part_sha256s: list[str]) -> Photo:
    """Save the checksums of the parts; if they changed, abort the open multipart upload, whose parts may differ."""
    if photo.part_sha256s != part_sha256s:
        reserved = Photo.objects.locate(photo.pk).filter(
            state=State.RESERVED, multipart_id=photo.multipart_id
        )
        if reserved.update(part_sha256s=part_sha256s, multipart_id="") and photo.multipart_id:
            multipart.abort(photo)
        photo.refresh_from_db()
    return photo
