"""Albums in one file: what is in it and for whom, packed once, kept for a day."""

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
from photos.library import albums
from photos.models import Album, Photo, ShareLink
from photos.sharing import archives, share_links
from tests.objects import picture
from tests.photos.library.test_albums import signed_in
from tests.photos.pipeline.test_rendering import complete, received

pytestmark = pytest.mark.django_db(databases="__all__")

SAVE = re.compile(r'href="([^"]*/zip/[^"]*)"')


@pytest.fixture
def album(s3: Site, alice: User) -> Album:
    """Two photos, the private one first."""
    made = albums.create(alice.pk, title="Fjord / 2026", visibility="public")
    for seed, visibility in ((51, "private"), (52, "public")):
        photo = complete(received(alice, picture(seed=seed)))
        Photo.objects.locate(photo.pk).update(filename=f"IMG_{seed} Oslo.jpg", visibility=visibility)
        albums.add(made, [photo.pk])
    return made


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """What workers are asked to pack."""
    asked: list[tuple[int, ...]] = []
    monkeypatch.setattr(tasks.pack, "send", lambda *args: asked.append(args))
    return asked


def path_of(link: ShareLink) -> str:
    return f"{urlsplit(share_links.address(link)).path}all/"


def taken(client: Client, path: str) -> tuple[str, dict[str, bytes]]:
    """Return the name of the file that a page leads to, and what is in it."""
    found = SAVE.search(client.get(path).content.decode())
    assert found, "the page has no file"
    with urllib.request.urlopen(found[1].replace("&amp;", "&"), timeout=10) as answer:
        packed = zipfile.ZipFile(io.BytesIO(answer.read()))
        assert packed.testzip() is None
        return answer.headers["Content-Disposition"], {name: packed.read(name) for name in packed.namelist()}


def test_owners_get_their_album_as_they_sent_it(
    album: Album, alice: User, sent: list[tuple[int, ...]]
) -> None:
    client, path = signed_in(alice), f"{album.get_absolute_url()}all/"
    assert path in client.get(album.get_absolute_url()).content.decode()
    assert "Pack them" in client.get(path).content.decode()
    for _ in range(2):
        assert client.post(path).status_code == 302
    assert sent == [(album.pk,)], "asked twice, packed once"
    waiting = client.get(path, headers={"HX-Request": "true"}).content.decode()
    assert "Packing 2 photos" in waiting
    assert "every 2s" in waiting
    assert archives.pack_for(album.pk, None)
    assert not archives.pack_for(album.pk, None), "delivered again, it is there"
    name, files = taken(client, path)
    assert "Fjord - 2026.zip" in name
    assert files == {"1 IMG_51 Oslo.jpg": picture(seed=51), "2 IMG_52 Oslo.jpg": picture(seed=52)}


def test_a_link_gives_away_what_it_says(album: Album, sent: list[tuple[int, ...]]) -> None:
    assert Client().get(path_of(share_links.create(album, share_links.Terms()))).status_code == 404
    clean = share_links.create(album, share_links.Terms(download="clean"))
    guest = Client()
    assert "Download all" in guest.get(urlsplit(share_links.address(clean)).path).content.decode()
    guest.post(path_of(clean))
    assert archives.pack_for(*sent[0])
    _, files = taken(guest, path_of(clean))
    assert sorted(files) == ["1.jpg", "2.jpg"]
    assert all(data[:2] == b"\xff\xd8" and b"Exif" not in data for data in files.values())
    original = share_links.create(album, share_links.Terms(download="original"))
    guest.post(path_of(original))
    assert archives.pack_for(*sent[1])
    assert sorted(taken(guest, path_of(original))[1]) == ["1 IMG_51 Oslo.jpg", "2 IMG_52 Oslo.jpg"]


def test_a_door_is_a_door_to_the_file_as_well(album: Album) -> None:
    link = share_links.create(album, share_links.Terms(download="original", password="Fjord"))
    guest = Client()
    answer = guest.get(path_of(link))
    assert (answer.status_code, answer["Location"]) == (302, urlsplit(share_links.address(link)).path)
    assert guest.post(path_of(link)).status_code == 302
    assert store.keys_below(f"zip/{album.pid}/") == []
    guest.post(urlsplit(share_links.address(link)).path, {"password": "Fjord"})
    assert "Pack them" in guest.get(path_of(link)).content.decode()
    share_links.revoke(link.owner_id, link.pk)
    assert guest.get(path_of(link)).status_code == 410
    assert not archives.pack_for(album.pk, link.pk)


def test_what_left_the_album_is_in_no_file_that_is_given_out(
    album: Album, sent: list[tuple[int, ...]]
) -> None:
    link = share_links.create(album, share_links.Terms(download="original"))
    Client().post(path_of(link))
    archives.pack_for(*sent[0])
    first = Photo.objects.of(album.owner_id).order_by("pk").first()
    assert first is not None
    albums.remove(album, [first.pk])
    assert "Pack them" in Client().get(path_of(link)).content.decode()
    Client().post(path_of(link))
    archives.pack_for(*sent[1])
    assert sorted(taken(Client(), path_of(link))[1]) == ["1 IMG_52 Oslo.jpg"]


def test_it_is_nobody_elses(album: Album, carol: User) -> None:
    path = f"{album.get_absolute_url()}all/"
    assert signed_in(carol).get(path).status_code == 404
    assert Client().get(path).status_code == 302
    assert path not in signed_in(carol).get(album.get_absolute_url()).content.decode()


def test_too_much_for_one_file_is_said_before_anything_is_packed(
    album: Album, alice: User, sent: list[tuple[int, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, path = signed_in(alice), f"{album.get_absolute_url()}all/"
    monkeypatch.setattr(archives, "MAX_PHOTOS", 1)
    assert "more in this album than one file" in client.post(path).content.decode()
    monkeypatch.setattr(archives, "MAX_PHOTOS", 2)
    monkeypatch.setattr(archives, "MAX_BYTES", 100)
    assert "more in this album than one file" in client.get(path).content.decode()
    assert not archives.pack_for(album.pk, None)
    assert sent == []


def test_an_empty_album_packs_nothing(alice: User, sent: list[tuple[int, ...]], s3: Site) -> None:
    empty = albums.create(alice.pk, title="Empty")
    client, path = signed_in(alice), f"{empty.get_absolute_url()}all/"
    client.post(path)
    assert sent == []
    assert "nothing in it yet" in client.get(path).content.decode()


def test_after_a_day_it_is_forgotten(album: Album) -> None:
    archives.pack_for(album.pk, None)
    (key,) = store.keys_below(f"zip/{album.pid}/")
    assert schedule.forget_bundles("default") == 0
    assert archives.forget(timezone.now() + archives.KEPT_FOR + timedelta(minutes=1)) >= 1
    assert key not in store.keys_below("zip/")
