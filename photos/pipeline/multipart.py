"""Large files go up in parts, so that a lost network or a reload costs one part at most.

The store's own multipart upload does it. Nothing is remembered in the browser: a file that is chosen again has the same
fingerprint, finds its reservation, and is told which parts are there.

What is accepted is proven by the store, without a byte passing a pod: the browser announces the SHA-256 of each part
next to that of the whole, which it takes from the same reading; each address takes only the bytes of that part; putting
them together is refused when a part is not the announced one; and the finished object must carry the checksum that the
announced ones make. S3 has no SHA-256 of a whole object that came in parts. That the parts are the announced whole is
therefore left to the worker, which reads every byte anyway: only a browser that contradicts itself gets as far.
"""

import hashlib
from dataclasses import dataclass

from photos.files import s3
from photos.models import Photo, State

WHOLE_UP_TO_BYTES = 16 * 1024 * 1024
PART_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Plan:
    """A file's parts: their size (the last is smaller), where each goes, the numbers (from 1) that are there."""

    part_bytes: int
    addresses: list[tuple[str, dict[str, str]]]  # URL and headers
    done: list[int]


def opened(photo: Photo) -> Photo:
    """Return the photo with an open multipart upload; raises s3.StorageUnavailable."""
    if photo.multipart_id and s3.is_multipart_open(photo.original_key, photo.multipart_id):
        return photo
    multipart_id = s3.open_multipart(photo.original_key, content_type=photo.content_type)
    reserved = Photo.objects.locate(photo.pk).filter(state=State.RESERVED, multipart_id=photo.multipart_id)
    if not reserved.update(multipart_id=multipart_id):  # another tab was first: theirs counts
        s3.abort_multipart(photo.original_key, multipart_id)
    photo.refresh_from_db()
    return photo


def count_of(size: int) -> int:
    """Return in how many parts a file of `size` bytes goes up; 0 for one that goes whole."""
    return -(-size // PART_BYTES) if size > WHOLE_UP_TO_BYTES else 0


def checksum_of(part_sha256s: list[str]) -> str:
    """Return the checksum (hex) of an object made of such parts: that of their checksums, as S3 has it."""
    return hashlib.sha256(b"".join(map(bytes.fromhex, part_sha256s))).hexdigest()


def plan(photo: Photo) -> Plan:
    """Return where each part goes and which are there; raises s3.StorageUnavailable."""
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
    """Put the parts together, once; does nothing while some are missing or when it was done before."""
    stored = s3.stored_parts(photo.original_key, photo.multipart_id)
    if [stored.get(number, (0, ""))[0] for number in range(1, len(_sizes(photo)) + 1)] == _sizes(photo):
        etags = [stored[number][1] for number in sorted(stored)]
        s3.complete_multipart(
            photo.original_key, photo.multipart_id, list(zip(etags, photo.part_sha256s, strict=True))
        )


def abort(photo: Photo) -> None:
    """Throw away what has been stored of it."""
    s3.abort_multipart(photo.original_key, photo.multipart_id)


def _sizes(photo: Photo) -> list[int]:
    whole, rest = divmod(photo.original_bytes, PART_BYTES)
    return [PART_BYTES] * whole + ([rest] if rest else [])
