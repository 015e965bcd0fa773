"""Multipart uploads of large files to S3, so that a lost connection or a reload costs at most one part.

The browser stores nothing: when the user chooses the file again, its SHA-256 finds the reservation, and the plan lists
the parts that are stored already.

The store verifies the bytes, and no pod handles them. The browser declares the SHA-256 of each part and of the whole
file, computed in one pass. Each URL accepts only the bytes of its part, the store refuses to complete the upload with
another part than the declared one, and the finished object must carry the checksum that the declared parts make. S3
keeps no SHA-256 of the whole of a multipart object; the worker, which reads every byte anyway, checks that one.
"""

import hashlib
from dataclasses import dataclass

from photos.files import s3
from photos.models import Photo, State

WHOLE_UP_TO_BYTES = 16 * 1024 * 1024  # larger files are sent in parts
PART_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Plan:
    """The parts of a file: bytes per part (the last may have fewer), a URL for each, the stored numbers (from 1)."""

    part_bytes: int
    addresses: list[tuple[str, dict[str, str]]]  # URL and headers
    done: list[int]


def ensure_open(photo: Photo) -> Photo:
    """Return the photo with an open multipart upload. Raises s3.StorageUnavailable."""
    if photo.multipart_id and s3.is_multipart_open(photo.original_key, photo.multipart_id):
        return photo
    multipart_id = s3.open_multipart(photo.original_key, content_type=photo.content_type)
    reserved = Photo.objects.locate(photo.pk).filter(state=State.RESERVED, multipart_id=photo.multipart_id)
    if not reserved.update(multipart_id=multipart_id):  # another tab opened one first: use that one
        s3.abort_multipart(photo.original_key, multipart_id)
    photo.refresh_from_db()
    return photo


def part_count(size: int) -> int:
    """Return in how many parts a file of `size` bytes is sent; 0 for a file that is sent whole."""
    return -(-size // PART_BYTES) if size > WHOLE_UP_TO_BYTES else 0


def combined_checksum(part_sha256s: list[str]) -> str:
    """Return the checksum (hex) that S3 gives a multipart object: the SHA-256 of the parts' SHA-256 digests."""
    return hashlib.sha256(b"".join(map(bytes.fromhex, part_sha256s))).hexdigest()


def plan(photo: Photo) -> Plan:
    """Return the URLs of a photo's parts and which parts are stored. Raises s3.StorageUnavailable."""
    sizes = _sizes(photo)
    stored = s3.stored_parts(photo.original_key, photo.multipart_id)
    return Plan(
        part_bytes=PART_BYTES,
        addresses=[
            s3.presigned_part(photo.original_key, photo.multipart_id, number, size=size, sha256=sha256)
            for number, (size, sha256) in enumerate(zip(sizes, photo.part_sha256s, strict=True), 1)
        ],
        done=[number for number, (size, _) in sorted(stored.items()) if size == sizes[number - 1]],
    )


def complete(photo: Photo) -> None:
    """Join the stored parts into the object; do nothing while parts are missing, or when it was done before."""
    stored = s3.stored_parts(photo.original_key, photo.multipart_id)
    if [stored.get(number, (0, ""))[0] for number in range(1, len(_sizes(photo)) + 1)] == _sizes(photo):
        etags = [stored[number][1] for number in sorted(stored)]
        s3.complete_multipart(
            photo.original_key, photo.multipart_id, list(zip(etags, photo.part_sha256s, strict=True))
        )


def abort(photo: Photo) -> None:
    """Delete the stored parts and close the multipart upload."""
    s3.abort_multipart(photo.original_key, photo.multipart_id)


def _sizes(photo: Photo) -> list[int]:
    whole, rest = divmod(photo.original_bytes, PART_BYTES)
    return [PART_BYTES] * whole + ([rest] if rest else [])
