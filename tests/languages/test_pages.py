"""Every page in the pseudo-language: all of its text is translatable, and has a Korean translation."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone, translation
from django.utils.translation import trans_real

from accounts.models import Erasure, User
from accounts.relations import blocking, follows
from photos.feed import home
from photos.library import album_places, albums, trash
from photos.models import Album, Photo, ShareLink, State
from photos.moderation import reports
from photos.sharing import share_links
from photos.social import comments, likes
from tests.cast import NOTHING_YET, make_photo, make_user
from tests.languages import pseudo
from tests.photos.jobs.fanout import deliver

pytestmark = pytest.mark.django_db(databases="__all__")

CAPTION, ALT, TITLE = "Πλοίο στην #ομίχλη", "Ένα πλοίο", "Θάλασσα"
SAME_IN_KOREAN = {
    "ISO",
    f"String to return when truncating text{trans_real.CONTEXT_SEPARATOR}%(truncated_text)s…",
    "CC0 1.0",
    "CC BY 4.0",
    "CC BY-SA 4.0",
    "CC BY-NC 4.0",
    ":",
    "한국어",
}


DESCRIBED: dict[str, Any] = {
    "caption": CAPTION,
    "alt": ALT,
    "tags": ["ομίχλη"],
    "facts": {
        "iso": 100,
        "exposure_seconds": 0.004,
        "focal_length_mm": 35,
        "taken_at": "2026-05-04T10:00:00",
    },
    "latitude": 37.5,
    "longitude": 127.0,
    "location": "area",
    "shown_credit": {"author": "Ελένη", "licence": "reserved"},
}
REFUSED = {
    "failure_code": "empty",
    "failure": "The end of this picture is missing. Please upload the original file again.",
}


def make_other_photos(alice: User, bob: User) -> None:
    """Create photos in the states that pages show: waiting, failed, in the trash; and one by bob."""
    make_photo(alice, visibility="followers")
    make_photo(alice, visibility="private", state=State.RECEIVED, **NOTHING_YET)
    make_photo(alice, state=State.FAILED, filename="Θάλασσα", **REFUSED, **NOTHING_YET)
    trash.put(alice.pk, [make_photo(alice).pk])
    make_photo(bob, caption=CAPTION)


def share(alice: User, album: Album, photo: Photo) -> list[ShareLink]:
    """Share the album, and the photo behind a password; end a third link. Return the two that work."""
    ended = share_links.create(
        photo, share_links.Terms(password="1234", max_views=3, expires_at=timezone.now())
    )
    share_links.revoke(alice.pk, ended.pk)
    return [
        share_links.create(album, share_links.Terms(name="Γιαγιά", download="clean")),
        share_links.create(photo, share_links.Terms(password="1234", max_views=3)),
    ]


@pytest.fixture
def place(alice: User, bob: User, carol: User, s3: object) -> dict[str, Any]:
    """Create everything that pages can show; return the objects whose ids are in addresses."""
    photo = make_photo(alice, **DESCRIBED)
    make_other_photos(alice, bob)
    album = albums.create(alice.pk, title=TITLE, description="Γαλάζιο")
    album_places.add(album, [photo.pk])
    comment = comments.write(photo, bob.pk, "Ωραίο @alice")
    comments.write(photo, alice.pk, "Βεβαίως", parent_id=comment.pk)
    for fan in (bob, carol, make_user("user3", name="Νίκος"), make_user("user4", name="Μαρία")):
        likes.set_liked(photo, fan.pk, is_liked=True)
    follows.follow(carol, alice)
    blocking.begin(alice, make_user("user5", name="Πέτρος"), "mute")
    blocking.begin(alice, make_user("user6", name="Παύλος"), "block")
    deliver()
    home.rebuild(bob.pk)
    Erasure.objects.create(reference="77", user_id=10**9, found=[["photos", 3]], requested_at=timezone.now())
    return {
        "photo": photo,
        "album": album,
        "comment": comment,
        "links": [
            share_links.url(link).rstrip("/").rpartition("/")[2] for link in share(alice, album, photo)
        ],
    }


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield (route, pattern) of all URLs without the admin, which is in English."""
    for each in resolver.url_patterns:
        route = prefix + str(each.pattern)
        if route.startswith("admin/"):
            continue
        if isinstance(each, URLResolver):
            yield from patterns(each, route)
        else:
            yield route, each


def addresses(place: dict[str, Any]) -> list[str]:
    """Return every address of the site; the parameters of a new route have to be added here."""
    photo: Photo = place["photo"]
    album: Album = place["album"]
    parts = {
        "username": "alice",
        "tag": "ομίχλη",
        "comment_id": place["comment"].pk,
        "token": place["links"][0],
        "reference": "77",
        "key": "7-7",
        "uidb36": "7",
    }
    paths = []
    for route, pattern in patterns(get_resolver()):
        parameters = dict.fromkeys(pattern.pattern.converters or pattern.pattern.regex.groupindex)
        pid = album.pid if route.startswith("a/") else photo.pid
        paths.append(
            reverse(
                pattern.callback if not pattern.name else pattern.name,
                kwargs={name: {**parts, "pid": pid}[name] for name in parameters},
            )
        )
    return [
        *paths,
        f"/share/?album={album.pid}",
        f"/organise/?album={album.pid}",
        f"/s/{place['links'][1]}/",
        "/search/?q=ομίχλη",
        "/search/?q=99",
        "/@bob/",
        "/@alice/?as=follower",
        "/@alice/?as=stranger",
        f"{photo.get_absolute_url()}?as=stranger",
        f"{album.get_absolute_url()}?as=stranger",
        f"{albums.create(album.owner_id, title=TITLE, visibility='private').get_absolute_url()}?as=follower",
        "/@alice/albums/?as=stranger",
        "/@alice/?month=2026-05",
        "/nowhere/",
    ]


def member(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def raw_on(client: Client, address: str) -> list[str]:
    response = client.get(address)
    if response.status_code == 405 or not response["Content-Type"].startswith("text/html"):
        return []
    return pseudo.raw_in(response.content.decode())


def test_no_page_says_anything_raw_and_all_of_it_is_there_in_korean(
    place: dict[str, Any], alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = pseudo.install(monkeypatch)
    raw = {
        f"{address} as {name}": raw_text
        for name, client in {"alice": member(alice), "bob": member(bob), "nobody": Client()}.items()
        for address in addresses(place)
        if (raw_text := raw_on(client, address)) and "/logout/" not in address
    }
    assert not raw, raw
    assert len(messages) > 300, "the walk has come around"
    assert untranslated(messages) == []


def test_answers_to_what_is_sent_are_translated(
    place: dict[str, Any], alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo: Photo = place["photo"]
    messages, client = pseudo.install(monkeypatch), member(alice)
    sent: list[tuple[str, dict[str, Any]]] = [
        ("/settings/photos/", {"visibility": "public", "author": "Ελένη", "licence": "cc0-1"}),
        ("/settings/photos/", {"visibility": "x"}),
        ("/settings/erase/", {"username": "x", "password": "x"}),
        ("/albums/", {"title": ""}),
        ("/organise/", {"act": "caption", "photo": photo.pid, "caption": "9"}),
        ("/organise/", {"act": "tag", "photo": photo.pid, "tags": "8"}),
        ("/organise/", {"act": "visibility", "photo": photo.pid, "visibility": "private"}),
        ("/organise/", {"act": "visibility", "photo": photo.pid, "visibility": "public"}),
        ("/organise/", {"act": "caption"}),
        (f"/p/{photo.pid}/comment/", {"body": " "}),
        (f"/p/{photo.pid}/caption/", {"caption": "9" * 501}),
        (f"/p/{photo.pid}/visibility/", {"visibility": "unlisted"}),
        ("/@bob/avoid/", {"kind": "mute", "avoided": "1"}),
        ("/@bob/report/", {}),
        ("/@bob/report/", {"category": "spam"}),
        (f"/share/?photo={photo.pid}", {"max_views": "x"}),
        (f"/share/?photo={photo.pid}", {"max_views": "9"}),
        ("/duplicates/", {"act": "apart"}),
        ("/duplicates/", {"act": "apart", "photo": [photo.pid, make_photo(alice).pid]}),
        ("/trash/", {"act": "restore"}),
        (f"/p/{photo.pid}/delete/", {}),
        ("/trash/", {"act": "empty"}),
        ("/accounts/password/change/", {"oldpassword": "x", "password1": "1", "password2": "2"}),
        ("/accounts/email/", {"action_add": "", "email": "x"}),
    ]
    raw = {
        f"{address} {form}": raw_text
        for address, form in sent
        if (raw_text := _raw_after(client, address, form))
    }
    assert not raw, raw
    assert untranslated(messages) == []


def _raw_after(client: Client, address: str, form: dict[str, Any]) -> list[str]:
    return pseudo.raw_in(client.post(address, form, follow=True).content.decode())


def test_mails_are_translated(
    place: dict[str, Any], alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages, stranger, client = pseudo.install(monkeypatch), Client(), member(bob)
    stranger.post(
        "/accounts/signup/",
        {"email": "user7@example.com", "username": "user7", "password1": "quite a long secret"},
    )
    for address in (alice.email, "nobody@example.com"):
        Client().post("/accounts/password/reset/", {"email": address})
    client.post(
        "/accounts/password/change/",
        {"oldpassword": "bobbob", "password1": "quite a long secret", "password2": "quite a long secret"},
    )
    report = reports.create(reports.about_photo(place["photo"]), bob.pk, category="spam")
    reports.remove_photo(report, staff_id=bob.pk, reason="9")
    reports.tell_removed(report.pk)
    assert len(mail.outbox) == 5
    for message in mail.outbox:
        assert pseudo.raw_text_in(f"{message.subject}\n{message.body}".replace("Unspecified", "")) == []
    assert untranslated(messages) == []


def untranslated(messages: set[str]) -> list[str]:
    """Return the messages without a Korean translation."""
    with translation.override("ko"):
        missing = {
            text for text in messages if {_in_korean(text), trans_real.ngettext(text, text, 2)} == {text}
        }
    return sorted(missing - SAME_IN_KOREAN)


def _in_korean(text: str) -> str:
    context, separator, words = text.rpartition(trans_real.CONTEXT_SEPARATOR)
    korean = trans_real.pgettext(context, words) if separator else trans_real.gettext(text)
    return text if korean == words else korean
