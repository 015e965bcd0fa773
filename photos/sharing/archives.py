"""Albums as one ZIP file, packed by a worker and kept in the store for a day.

The file's key is a hash of its contents, and the contents are what this reader may see when they ask. So a reader never
gets an archive made for someone with other permissions, and repeated requests share one.
"""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils import timezone

from accounts.relations.relationship import Relationship
from photos.files import s3
from photos.library import album_contents
from photos.models import Album, Download, Photo, ShareLink
from photos.models.querysets import PhotoQuerySet
from photos.sharing import clean_copies, share_links
from photos.text import filenames

FOLDER = "zip"
MAX_PHOTOS = 2_000
MAX_BYTES = 4 * 1024**3
KEPT_FOR = timedelta(days=1)
PACKING_SECONDS = 600  # after which a packing that did not end may be claimed again


class TooLarge(Exception):
    """The album has more photos or bytes than one archive may hold."""


@dataclass(frozen=True)
class Entry:
    """One photo of an archive: its file name in there, the key and size of the object, when the photo was made."""

    name: str
    key: str
    bytes: int
    made_at: datetime


@dataclass(frozen=True)
class Archive:
    """The contents of one ZIP file, in the order of the album."""

    album: Album
    entries: list[Entry]

    @property
    def bytes(self) -> int:
        """Return the size of the file, without the little that ZIP adds."""
        return sum(entry.bytes for entry in self.entries)

    @property
    def key(self) -> str:
        """Return the file's key in the store."""
        contents = json.dumps([[entry.name, entry.key] for entry in self.entries])
        return f"{FOLDER}/{self.album.pid}/{hashlib.sha256(contents.encode()).hexdigest()[:32]}.zip"

    @property
    def name(self) -> str:
        """Return the name under which a browser saves the file."""
        return filenames.display_name(f"{self.album.title.replace('/', '-')}.zip")


def for_album(album: Album) -> Archive:
    """Return the archive that an owner gets of their own album: the original files. Raises TooLarge."""
    return _archive(album, album_contents.visible_photos(album, Relationship.OWNER), Download.ORIGINAL)


def for_link(album: Album, link: ShareLink) -> Archive:
    """Return the archive that visitors of a share link to the album get. Raises TooLarge."""
    return _archive(album, share_links.shared_photos(link), link.download)


def claim_packing(archive: Archive) -> bool:
    """Mark an archive as being packed; return whether the caller has to queue the packing."""
    return bool(cache.add(_claim_key(archive), 1, PACKING_SECONDS))


def is_being_packed(archive: Archive) -> bool:
    """Return whether a packing was claimed and has not ended, at most PACKING_SECONDS ago."""
    return cache.get(_claim_key(archive)) is not None


def is_stored(archive: Archive) -> bool:
    """Return whether the file can be downloaded. Raises s3.StorageUnavailable."""
    try:
        s3.ask(archive.key)
    except s3.NotStored:
        return False
    return True


def download_url(archive: Archive) -> str:
    """Return a presigned URL from which a browser saves the file."""
    return s3.presigned_download(archive.key, name=archive.name, content_type="application/zip")


def pack_for(album_id: int, link_id: int | None) -> bool:
    """Pack the current archive of an album, or of a link to it; return False when there is nothing to pack."""
    album = Album.objects.locate(album_id).first()
    link = ShareLink.objects.locate(link_id).filter(revoked_at=None).first() if link_id else None
    if album is None or (link_id and link is None):
        return False
    try:
        return pack(for_link(album, link) if link else for_album(album))
    except TooLarge:
        return False


def pack(archive: Archive) -> bool:
    """Write an archive into the store; return False when it is there already. Raises s3.StorageUnavailable.

    Files are stored without compression, because photos are compressed already. Photos deleted meanwhile are left out.
    """
    if is_stored(archive):
        return False
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as packed:
            for entry in archive.entries:
                try:
                    data = s3.read(entry.key)
                except s3.NotStored:
                    continue
                packed.writestr(zipfile.ZipInfo(entry.name, _dos_time(entry.made_at)), data)
        file.seek(0)
        s3.write_file(archive.key, file, content_type="application/zip")
    cache.delete(_claim_key(archive))
    return True


def delete_old(now: datetime | None = None) -> int:
    """Delete archives that were packed more than KEPT_FOR ago; return how many."""
    old = s3.keys_below(f"{FOLDER}/", before=(now or timezone.now()) - KEPT_FOR)
    for key in old:
        s3.delete(key)
    return len(old)


def _archive(album: Album, visible: PhotoQuerySet[Photo], download: str) -> Archive:
    photos, next_position = album_contents.page(album, visible, after=None, limit=MAX_PHOTOS)
    entries_of = {Download.ORIGINAL.value: _original_entries, Download.CLEAN.value: _clean_entries}
    archive = Archive(album, list(entries_of[download](photos)) if download in entries_of else [])
    if next_position or archive.bytes > MAX_BYTES:
        raise TooLarge
    return archive


def _original_entries(photos: list[Photo]) -> Iterator[Entry]:
    for number, photo in enumerate(photos, 1):
        yield Entry(
            f"{_padded(number, photos)} {photo.filename}",
            photo.original_key,
            photo.original_bytes,
            photo.created_at,
        )


def _clean_entries(photos: list[Photo]) -> Iterator[Entry]:
    jpegs = clean_copies.largest_jpegs(photos)
    for number, photo in enumerate(photos, 1):
        if jpeg := jpegs.get(photo.pk):
            yield Entry(f"{_padded(number, photos)}.jpg", jpeg.key, jpeg.bytes, photo.created_at)


def _padded(number: int, photos: list[Photo]) -> str:
    """Return a number with leading zeros up to the last photo's width, so that names sort in the album's order."""
    return str(number).zfill(len(str(len(photos))))


def _dos_time(moment: datetime) -> tuple[int, int, int, int, int, int]:
    at = timezone.localtime(moment)
    return max(at.year, 1980), at.month, at.day, at.hour, at.minute, at.second


def _claim_key(archive: Archive) -> str:
    return f"packing:{archive.key}"
