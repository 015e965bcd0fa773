"""Albums as one ZIP file: contents by reader, packed once, kept for a day."""

import io
import re
import urllib.request
import zipfile
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from ops.topology.site.site import Site
from photos.files import s3 as store
from photos.jobs import schedule, tasks
from photos.library import album_places, albums
from photos.models import Album, Photo, ShareLink
from photos.sharing import archives, share_links
from tests.cast import signed_in
from tests.objects import picture
from tests.photos.pipeline.test_rendering import render_fully, upload_photo

pytestmark = pytest.mark.django_db(databases="__all__")

SAVE = re.compile(r'href="([^"]*/zip/[^"]*)"')


@pytest.fixture
def album(s3: Site, alice: User) -> Album:
    """Create an album of two photos, the private one first."""
    album = albums.create(alice.pk, title="Fjord / 2026", visibility="public")
    for seed, visibility in ((51, "private"), (52, "public")):
        photo = render_fully(upload_photo(alice, picture(seed=seed)))
        Photo.objects.locate(photo.pk).update(filename=f"IMG_{seed} Oslo.jpg", visibility=visibility)
        album_places.add(album, [photo.pk])
    return album


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Collect the arguments of the messages that ask workers to pack."""
    messages: list[tuple[int, ...]] = []
    monkeypatch.setattr(tasks.pack, "send", lambda *args: messages.append(args))
    return messages


def path_of(link: ShareLink) -> str:
    return f"{urlsplit(share_links.url(link)).path}all/"


def download(client: Client, path: str) -> tuple[str, dict[str, bytes]]:
    """Download the archive that a page links to; return its Content-Disposition and {file name: bytes}."""
    link = SAVE.search(client.get(path).content.decode())
    assert link, "the page links to no archive"
    with urllib.request.urlopen(link[1].replace("&amp;", "&"), timeout=10) as answer:
        packed = zipfile.ZipFile(io.BytesIO(answer.read()))
        assert packed.testzip() is None
        return answer.headers["Content-Disposition"], {name: packed.read(name) for name in packed.namelist()}


def test_owners_get_their_original_files(album: Album, alice: User, sent: list[tuple[int, ...]]) -> None:
    client, path = signed_in(alice), f"{album.get_absolute_url()}all/"
    assert path in client.get(album.get_absolute_url()).content.decode()
    assert "Create the ZIP file" in client.get(path).content.decode()
    for _ in range(2):
        assert client.post(path).status_code == 302
    assert sent == [(album.pk,)], "asked twice, packed once"
    waiting = client.get(path, headers={"HX-Request": "true"}).content.decode()
    assert "Preparing a ZIP file with 2 photos" in waiting
    assert "every 2s" in waiting
    assert archives.pack_for(album.pk, None)
    assert not archives.pack_for(album.pk, None), "a second delivery of the message finds it packed"
    name, files = download(client, path)
    assert "Fjord - 2026.zip" in name
    assert files == {"1 IMG_51 Oslo.jpg": picture(seed=51), "2 IMG_52 Oslo.jpg": picture(seed=52)}


def test_visitors_of_a_link_get_what_its_owner_allows(album: Album, sent: list[tuple[int, ...]]) -> None:
    assert Client().get(path_of(share_links.create(album, share_links.Terms()))).status_code == 404
    clean = share_links.create(album, share_links.Terms(download="clean"))
    guest = Client()
    assert "Download all" in guest.get(urlsplit(share_links.url(clean)).path).content.decode()
    guest.post(path_of(clean))
    assert archives.pack_for(*sent[0])
    _, files = download(guest, path_of(clean))
    assert sorted(files) == ["1.jpg", "2.jpg"]
    assert all(data[:2] == b"\xff\xd8" and b"Exif" not in data for data in files.values())
    original = share_links.create(album, share_links.Terms(download="original"))
    guest.post(path_of(original))
    assert archives.pack_for(*sent[1])
    assert sorted(download(guest, path_of(original))[1]) == ["1 IMG_51 Oslo.jpg", "2 IMG_52 Oslo.jpg"]


def test_the_password_of_a_link_protects_the_archive_as_well(album: Album) -> None:
    link = share_links.create(album, share_links.Terms(download="original", password="Fjord"))
    guest = Client()
    answer = guest.get(path_of(link))
    assert (answer.status_code, answer["Location"]) == (302, urlsplit(share_links.url(link)).path)
    assert guest.post(path_of(link)).status_code == 302
    assert store.keys_below(f"zip/{album.pid}/") == []
    guest.post(urlsplit(share_links.url(link)).path, {"password": "Fjord"})
    assert "Create the ZIP file" in guest.get(path_of(link)).content.decode()
    share_links.revoke(link.owner_id, link.pk)
    assert guest.get(path_of(link)).status_code == 410
    assert not archives.pack_for(album.pk, link.pk)


def test_a_photo_removed_from_the_album_is_in_no_later_archive(
    album: Album, sent: list[tuple[int, ...]]
) -> None:
    link = share_links.create(album, share_links.Terms(download="original"))
    Client().post(path_of(link))
    archives.pack_for(*sent[0])
    first = Photo.objects.of(album.owner_id).order_by("pk").first()
    assert first is not None
    album_places.remove(album, [first.pk])
    assert "Create the ZIP file" in Client().get(path_of(link)).content.decode()
    Client().post(path_of(link))
    archives.pack_for(*sent[1])
    assert sorted(download(Client(), path_of(link))[1]) == ["1 IMG_52 Oslo.jpg"]


def test_other_users_get_no_archive_of_an_album(album: Album, carol: User) -> None:
    path = f"{album.get_absolute_url()}all/"
    assert signed_in(carol).get(path).status_code == 404
    assert Client().get(path).status_code == 302
    assert path not in signed_in(carol).get(album.get_absolute_url()).content.decode()


def test_an_album_too_large_for_one_archive_is_refused_before_it_is_packed(
    album: Album, alice: User, sent: list[tuple[int, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, path = signed_in(alice), f"{album.get_absolute_url()}all/"
    monkeypatch.setattr(archives, "MAX_PHOTOS", 1)
    assert "too large for one file" in client.post(path).content.decode()
    monkeypatch.setattr(archives, "MAX_PHOTOS", 2)
    monkeypatch.setattr(archives, "MAX_BYTES", 100)
    assert "too large for one file" in client.get(path).content.decode()
    assert not archives.pack_for(album.pk, None)
    assert sent == []


def test_an_empty_album_packs_nothing(alice: User, sent: list[tuple[int, ...]], s3: Site) -> None:
    empty = albums.create(alice.pk, title="Empty")
    client, path = signed_in(alice), f"{empty.get_absolute_url()}all/"
    client.post(path)
    assert sent == []
    assert "no photos in it yet" in client.get(path).content.decode()


def test_an_archive_is_deleted_after_a_day(album: Album) -> None:
    archives.pack_for(album.pk, None)
    (key,) = store.keys_below(f"zip/{album.pid}/")
    assert schedule.forget_bundles("default") == 0
    assert archives.delete_old(timezone.now() + archives.KEPT_FOR + timedelta(minutes=1)) >= 1
    assert key not in store.keys_below("zip/")
