"""All photos of an album in one file, to be taken away: packed by a worker, kept in the store for a day.

Its key is made of exactly what is in it, which is what its reader may see at the moment of asking. So nobody gets a
bundle that was packed for other eyes, whatever became of the album since, and asking twice packs once.
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

from accounts.relationship import Relationship
from photos.files import s3
from photos.library import albums
from photos.models import Album, Download, Photo, Rendition, ShareLink
from photos.models.querysets import PhotoQuerySet
from photos.sharing import share_links
from photos.text import filenames
from sharding.rows import ids

FOLDER = "zip"
MAX_PHOTOS = 2_000
MAX_BYTES = 4 * 1024**3
KEPT_FOR = timedelta(days=1)
PACKING_SECONDS = 600


class TooLarge(Exception):
    """There is more in it than one file should have."""


@dataclass(frozen=True)
class Entry:
    """One photo of a bundle: what it is called there, and the object that it comes from."""

    name: str
    key: str
    bytes: int
    made_at: datetime


@dataclass(frozen=True)
class Bundle:
    """What is packed into one file, in the order of the album."""

    album: Album
    entries: list[Entry]

    @property
    def bytes(self) -> int:
        """Return about how large the file is."""
        return sum(entry.bytes for entry in self.entries)

    @property
    def key(self) -> str:
        """Return where the file lies, or will."""
        said = json.dumps([[entry.name, entry.key] for entry in self.entries])
        return f"{FOLDER}/{self.album.pid}/{hashlib.sha256(said.encode()).hexdigest()[:32]}.zip"

    @property
    def name(self) -> str:
        """Return what the file is called when it is saved."""
        return filenames.display_name(f"{self.album.title.replace('/', '-')}.zip")


def of_owner(album: Album) -> Bundle:
    """Return what owners get of their own album: the files as they sent them. Raises TooLarge."""
    return of(album, albums.visible_in(album, Relationship.OWNER), Download.ORIGINAL)


def of_link(album: Album, link: ShareLink) -> Bundle:
    """Return what a share link gives away of its album. Raises TooLarge."""
    return of(album, share_links.photos_of(link), link.download)


def of(album: Album, seen: PhotoQuerySet, download: str) -> Bundle:
    """Return what may be taken away of the photos that are `seen` in an album. Raises TooLarge."""
    photos, more = albums.page(album, seen, after=None, limit=MAX_PHOTOS)
    kinds = {Download.ORIGINAL.value: _originals, Download.CLEAN.value: _clean}
    bundle = Bundle(album, list(kinds[download](photos)) if download in kinds else [])
    if more or bundle.bytes > MAX_BYTES:
        raise TooLarge
    return bundle


def ask_for(bundle: Bundle) -> bool:
    """Note that a bundle is being packed; return whether somebody has to pack it."""
    return bool(cache.add(_mark(bundle), 1, PACKING_SECONDS))


def is_being_packed(bundle: Bundle) -> bool:
    """Return whether somebody asked for it a while ago at most."""
    return cache.get(_mark(bundle)) is not None


def is_there(bundle: Bundle) -> bool:
    """Return whether it can be taken. Raises s3.StorageUnavailable."""
    try:
        s3.ask(bundle.key)
    except s3.NotStored:
        return False
    return True


def address(bundle: Bundle) -> str:
    """Return the address from which a browser saves it, for some minutes."""
    return s3.presigned_download(bundle.key, name=bundle.name, content_type="application/zip")


def pack_for(album_id: int, link_id: int | None) -> bool:
    """Pack what an album, or a link to it, gives away now; False when there is nothing (more) to pack."""
    album = Album.objects.locate(album_id).first()
    link = ShareLink.objects.locate(link_id).filter(revoked_at=None).first() if link_id else None
    if album is None or (link_id and link is None):
        return False
    try:
        return pack(of_link(album, link) if link else of_owner(album))
    except TooLarge:
        return False


def pack(bundle: Bundle) -> bool:
    """Write a bundle into the store; False when it is there. Raises s3.StorageUnavailable.

    Photos are packed as they are: they are compressed already. A photo that was deleted meanwhile is left out.
    """
    if is_there(bundle):
        return False
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as packed:
            for entry in bundle.entries:
                try:
                    data = s3.read(entry.key)
                except s3.NotStored:
                    continue
                packed.writestr(zipfile.ZipInfo(entry.name, _dos_time(entry.made_at)), data)
        file.seek(0)
        s3.write_file(bundle.key, file, content_type="application/zip")
    cache.delete(_mark(bundle))
    return True


def forget(now: datetime | None = None) -> int:
    """Delete what was packed more than a day ago; return how many."""
    old = s3.keys_below(f"{FOLDER}/", before=(now or timezone.now()) - KEPT_FOR)
    for key in old:
        s3.delete(key)
    return len(old)


def _originals(photos: list[Photo]) -> Iterator[Entry]:
    for number, photo in enumerate(photos, 1):
        yield Entry(
            f"{_place(number, photos)} {photo.filename}",
            photo.original_key,
            photo.original_bytes,
            photo.created_at,
        )


def _clean(photos: list[Photo]) -> Iterator[Entry]:
    """Of each photo the largest picture that everybody's programs can read, under a name that says nothing."""
    largest: dict[int, Rendition] = {}
    if photos:
        bucket = ids.bucket_of(photos[0].pk)  # of one owner, and so are all
        made = Rendition.objects.in_bucket(bucket).filter(photo__in=photos, format="jpeg")
        stamps = {photo.pk: photo.stamp for photo in photos}
        for each in made.exclude(name__startswith="sq").order_by("width"):
            if each.stamp == stamps[each.photo_id]:
                largest[each.photo_id] = each
    for number, photo in enumerate(photos, 1):
        if found := largest.get(photo.pk):
            yield Entry(f"{_place(number, photos)}.jpg", found.key, found.bytes, photo.created_at)


def _place(number: int, photos: list[Photo]) -> str:
    """Return a photo's place with as many digits as the last one's, so that names sort as the album does."""
    return str(number).zfill(len(str(len(photos))))


def _dos_time(moment: datetime) -> tuple[int, int, int, int, int, int]:
    at = timezone.localtime(moment)
    return max(at.year, 1980), at.month, at.day, at.hour, at.minute, at.second


def _mark(bundle: Bundle) -> str:
    return f"packing:{bundle.key}"
