"""Share links: who may enter, how often, until when, and what visitors may download."""

import re
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.conf import settings
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from accounts.models import User
from ops.topology.site.site import Site
from photos.jobs import schedule
from photos.library import album_places, albums
from photos.models import Album, Photo, ShareLink
from photos.sharing import share_links, share_visits
from photos.views import sharing
from sharding.rows import ids
from tests.cast import make_photo, signed_in
from tests.objects import picture
from tests.photos.pipeline.test_rendering import render_fully, upload_photo
from tests.photos.social.test_concurrency import together

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def album(alice: User) -> Album:
    """Create a private album of three photos: private, for followers, public."""
    album = albums.create(alice.pk, title="For grandmother", visibility="private")
    levels = ("private", "followers", "public")
    album_places.add(album, [make_photo(alice, visibility=level).pk for level in levels])
    return album


def path_of(link: ShareLink) -> str:
    return urlsplit(share_links.url(link)).path


def view_count(link: ShareLink) -> int:
    return int(ShareLink.objects.locate(link.pk).get().views)


def photos_of(album: Album) -> list[Photo]:
    return list(Photo.objects.of(album.owner_id).order_by("pk"))


def test_a_stranger_with_the_link_sees_all_photos_and_one_without_it_none(album: Album) -> None:
    link = share_links.create(album, share_links.Terms())
    html = Client().get(path_of(link)).content.decode()
    assert [photo.pid in html for photo in photos_of(album)] == [True] * 3
    assert "/priv/" in html, "private files are shown by signed URLs"
    assert Client().get(album.get_absolute_url()).status_code == 404
    wrong = path_of(link)[:-3] + ("AA/" if path_of(link)[-3:-1] != "AA" else "BB/")
    assert Client().get(wrong).status_code == 404


def test_a_links_page_is_neither_indexed_nor_cached_nor_named_to_other_sites(album: Album) -> None:
    page = Client().get(path_of(share_links.create(album, share_links.Terms())))
    assert page["X-Robots-Tag"].startswith("noindex")
    assert page["Referrer-Policy"] == "same-origin"
    assert "no-store" in page["Cache-Control"]
    assert '<meta name="robots" content="noindex' in page.content.decode()


def test_the_database_alone_does_not_reveal_the_url(album: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    link = share_links.create(album, share_links.Terms())
    path = path_of(link)
    secret = path.rstrip("/").partition(".")[2]
    assert len(secret) == 32
    row = ShareLink.objects.locate(link.pk).values().get()
    assert not [value for value in row.values() if secret in str(value)]
    monkeypatch.setattr(settings, "SECRET_KEY", "another-key-of-the-site")
    assert share_links.url(link) == "", "it cannot be shown again"
    assert Client().get(path).status_code == 200, "but it works"


def test_a_link_has_pages_for_its_own_photos_only(album: Album, alice: User) -> None:
    link, other = share_links.create(album, share_links.Terms()), make_photo(alice)
    inside, first = path_of(link), photos_of(album)[0]
    assert Client().get(f"{inside}{first.pid}/").status_code == 200
    assert Client().get(f"{inside}{other.pid}/").status_code == 404
    assert Client().get(f"{inside}{first.pid}/download/").status_code == 404, "nothing may be downloaded"


def test_a_link_to_one_photo(album: Album) -> None:
    photo = photos_of(album)[0]
    html = Client().get(path_of(share_links.create(photo, share_links.Terms()))).content.decode()
    assert photo.stamp in html
    assert "All photos" not in html


def test_a_visit_is_counted_once(album: Album) -> None:
    link, visitor = share_links.create(album, share_links.Terms()), Client()
    for _ in range(3):
        visitor.get(path_of(link))
    Client().get(path_of(link))
    Client().head(path_of(link))
    assert view_count(link) == 2


def test_after_the_limit_is_reached_visitors_who_are_inside_stay(album: Album) -> None:
    link = share_links.create(album, share_links.Terms(max_views=1))
    first, second = Client(), Client()
    assert "Open" in first.get(path_of(link)).content.decode()
    assert view_count(link) == 0, "the door itself is not counted"
    first.post(path_of(link))
    assert "For grandmother" in first.get(path_of(link)).content.decode()
    gone = second.post(path_of(link))
    assert (gone.status_code, "reached its view limit" in gone.content.decode()) == (410, True)
    assert "For grandmother" in first.get(path_of(link)).content.decode()
    assert view_count(link) == 1


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_many_visitors_at_once_do_not_exceed_the_limit(alice: User) -> None:
    link = share_links.create(make_photo(alice), share_links.Terms(max_views=3))

    def enter() -> bool:
        try:
            share_visits.enter(link)
        except share_visits.Ended:
            return False
        return True

    assert sum(map(bool, together(*[enter] * 8))) == 3
    assert view_count(link) == 3


def _expire(link: ShareLink) -> None:
    ShareLink.objects.locate(link.pk).update(expires_at=timezone.now())


def _end(link: ShareLink) -> None:
    share_links.revoke(link.owner_id, link.pk)


@pytest.mark.parametrize(("end", "words"), [(_expire, "This link has expired"), (_end, "no longer shared")])
def test_an_ended_link_answers_410_also_to_visitors_inside(
    album: Album, end: Callable[[ShareLink], None], words: str
) -> None:
    link, visitor = (
        share_links.create(album, share_links.Terms(expires_at=timezone.now() + timedelta(hours=1))),
        Client(),
    )
    inside = f"{path_of(link)}{photos_of(album)[0].pid}/"
    assert visitor.get(path_of(link)).status_code == visitor.get(inside).status_code == 200
    end(link)
    for address in (path_of(link), inside):
        answer = visitor.get(address)
        assert (answer.status_code, words in answer.content.decode()) == (410, True)


def test_a_password_opens_the_door(album: Album) -> None:
    link, visitor = share_links.create(album, share_links.Terms(password="Fjord")), Client()
    assert "For grandmother" not in visitor.get(path_of(link)).content.decode()
    inside = f"{path_of(link)}{photos_of(album)[0].pid}/"
    assert visitor.get(inside)["Location"] == path_of(link)
    assert visitor.post(path_of(link), {"password": "fjord"}).status_code == 403
    assert visitor.post(path_of(link), {"password": "Fjord"}).status_code == 302
    assert "For grandmother" in visitor.get(path_of(link)).content.decode()
    assert visitor.get(inside).status_code == 200
    assert view_count(link) == 1


def test_ten_wrong_passwords_lock_the_door_for_that_network_only(album: Album) -> None:
    link = share_links.create(album, share_links.Terms(password="Fjord"))
    statuses = [Client().post(path_of(link), {"password": f"no {n}"}).status_code for n in range(12)]
    assert statuses == [403] * 9 + [429] * 3
    assert Client().post(path_of(link), {"password": "Fjord"}).status_code == 429, "even the right one"
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert elsewhere.post(path_of(link), {"password": "Fjord"}).status_code == 302
    same_customer = [Client(REMOTE_ADDR=f"2001:db8::{n}") for n in range(1, 12)]
    assert [each.post(path_of(link), {"password": "no"}).status_code for each in same_customer][-1] == 429


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_parallel_guesses_do_not_exceed_the_limit_of_wrong_passwords(alice: User) -> None:
    link = share_links.create(make_photo(alice), share_links.Terms(password="Fjord"))

    def guess() -> str:
        try:
            share_visits.enter(link, password="no", network="192.0.2.1")
        except share_visits.WrongPassword:
            return "wrong"
        except share_visits.Locked:
            return "locked"
        return "in"

    answers = together(*[guess] * 16)
    assert (answers.count("wrong"), answers.count("locked")) == (share_visits.WRONG_PASSWORDS - 1, 7)


def test_a_right_password_resets_the_count_of_wrong_ones(album: Album) -> None:
    link = share_links.create(album, share_links.Terms(password="Fjord"))
    for _ in range(3):
        for n in range(8):
            assert Client().post(path_of(link), {"password": f"no {n}"}).status_code == 403
        assert Client().post(path_of(link), {"password": "Fjord"}).status_code == 302


def test_while_the_counting_cache_is_away_no_password_is_accepted(
    album: Album, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = share_links.create(album, share_links.Terms(password="Fjord"))
    monkeypatch.setattr(caches["durable"], "incr", lambda key: None)
    assert Client().post(path_of(link), {"password": "Fjord"}).status_code == 429


def test_a_link_gives_a_clean_copy_or_the_original(s3: Site, alice: User) -> None:
    photo = render_fully(upload_photo(alice, picture(seed=41)))
    Photo.objects.locate(photo.pk).update(filename="IMG_2041 Oslo.jpg")
    downloads: dict[str, tuple[str, bytes]] = {}
    for kind in ("clean", "original"):
        address = (
            f"{path_of(share_links.create(photo, share_links.Terms(download=kind)))}{photo.pid}/download/"
        )
        with urllib.request.urlopen(Client().get(address)["Location"], timeout=10) as answer:
            downloads[kind] = (answer.headers["Content-Disposition"], answer.read())
    name, clean = downloads["clean"]
    assert re.fullmatch(r'attachment; filename="?photo-[0-9a-f]{6}\.jpg"?', name)
    assert clean[:2] == b"\xff\xd8"
    name, original = downloads["original"]
    assert "IMG_2041 Oslo.jpg" in name
    assert original == picture(seed=41)
    assert clean != original


def test_the_owner_makes_and_ends_links(album: Album, alice: User, carol: User) -> None:
    client, page = signed_in(alice), f"/share/?album={album.pid}"
    form = {"name": "Granny", "lasts": "week", "password": "Fjord", "max_views": "5", "download": "clean"}
    answer = client.post(page, form)
    link = ShareLink.objects.of(alice.pk).get()
    assert answer["Location"] == f"{page}#link-{ids.encode(link.pk)}", "its place in the list below the form"
    assert (link.name, link.max_views, link.download, link.has_door) == ("Granny", 5, "clean", True)
    assert "Fjord" not in link.password
    assert timedelta(days=6) < (link.expires_at or timezone.now()) - timezone.now() < timedelta(days=7)
    for address in (page, "/share/"):
        html = client.get(address).content.decode()
        assert share_links.url(link) in html
        assert "Opened 0 of 5" in html
    pid = re.search(r"/share/(\w+)/revoke/", html)
    assert pid is not None
    assert "Granny" not in signed_in(carol).get("/share/").content.decode()
    signed_in(carol).post(f"/share/{pid[1]}/revoke/")
    assert Client().get(path_of(link)).status_code == 200
    client.post(f"/share/{pid[1]}/revoke/")
    assert Client().get(path_of(link)).status_code == 410
    for wrong in ({"max_views": "0"}, {"max_views": "many"}, {"download": "all"}):
        client.post(page, form | wrong)
    assert ShareLink.objects.of(alice.pk).count() == 1
    assert signed_in(carol).get(page).status_code == 404


def test_links_that_ended_long_ago_are_deleted(album: Album) -> None:
    now = timezone.now()
    lately, long_ago = now - timedelta(days=29), now - timedelta(days=31)
    for field in ("revoked_at", "expires_at"):
        for moment in (lately, long_ago):
            link = share_links.create(album, share_links.Terms())
            ShareLink.objects.locate(link.pk).update(**{field: moment})
    share_links.create(album, share_links.Terms())
    assert sum(schedule.forget_links(alias) for alias in settings.SHARDS) == 2
    assert ShareLink.objects.of(album.owner_id).count() == 3


def use_up(link: ShareLink) -> None:
    ShareLink.objects.locate(link.pk).update(views=1)


def test_a_used_up_link_is_deleted_like_the_others(album: Album) -> None:
    link, other = (share_links.create(album, share_links.Terms(max_views=1)) for _ in range(2))
    use_up(link)
    for days, left in ((0, 2), (30, 2), (32, 1)):
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            for alias in settings.SHARDS:
                schedule.forget_links(alias)
            links = list(ShareLink.objects.of(album.owner_id))
            assert len(links) == left
            assert {share_links.end_reason(each) for each in links} == (
                {"", "used-up"} if left == 2 else {""}
            )
    assert links == [other]


def test_the_last_visitors_of_a_used_up_link_stay_until_its_time_is_over(album: Album) -> None:
    link = share_links.create(
        album, share_links.Terms(max_views=1, expires_at=timezone.now() + timedelta(hours=1))
    )
    use_up(link)
    link.refresh_from_db()
    share_visits.check_open(link, is_inside=True)
    with time_machine.travel(timezone.now() + timedelta(hours=2)), pytest.raises(share_visits.Ended):
        share_visits.check_open(link, is_inside=True)


def test_only_open_links_count_towards_the_limit(album: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(share_links, "MAX_LINKS", 2)
    used, expired = (
        share_links.create(album, share_links.Terms(max_views=1)),
        share_links.create(album, share_links.Terms()),
    )
    with pytest.raises(share_links.Refused, match="up to 2"):
        share_links.create(album, share_links.Terms())
    use_up(used)
    _expire(expired)
    for _ in range(2):
        share_links.create(album, share_links.Terms())
    with pytest.raises(share_links.Refused):
        share_links.create(album, share_links.Terms())


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_links_created_at_once_do_not_exceed_the_limit(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(share_links, "MAX_LINKS", 1)
    photo = make_photo(alice)

    def make() -> bool:
        try:
            share_links.create(photo, share_links.Terms())
        except share_links.Refused:
            return False
        return True

    assert sum(map(bool, together(*[make] * 6))) == 1


def test_the_list_of_links_is_paged(album: Album, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "PAGE", 2)
    links = [share_links.create(album, share_links.Terms(name=f"Number {number}.")) for number in range(3)]
    client = signed_in(alice)
    first = client.get(f"/share/?album={album.pid}").content.decode()
    assert "Number 2." in first
    assert "Number 0." not in first
    older = re.search(r'href="(\?album=\w+&amp;before=\w+)"', first)
    assert older is not None
    rest = client.get("/share/" + older[1].replace("&amp;", "&")).content.decode()
    assert "Number 0." in rest
    assert "Older links" not in rest
    assert share_links.url(links[0]) in rest


def test_a_link_ends_with_its_album_and_with_its_owners_account(album: Album, alice: User) -> None:
    link, other = (
        share_links.create(album, share_links.Terms()),
        share_links.create(photos_of(album)[0], share_links.Terms()),
    )
    path = path_of(link)
    albums.delete(album)
    assert Client().get(path).status_code == 404
    alice.is_active = False
    alice.save()
    assert Client().get(path_of(other)).status_code == 410
