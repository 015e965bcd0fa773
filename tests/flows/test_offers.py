"""A page offers only what its next page gives: no link or form of a page is refused, whatever state a photo is in."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from ops.topology.site.site import Site
from photos.library import album_places, albums
from photos.models import Album, Photo, Rendition, Stage, State
from sharding.rows import ids
from tests.cast import NOTHING_YET, make_photo, signed_in

pytestmark = pytest.mark.django_db(databases="__all__")

LINK = re.compile(r'<a [^>]*?href="(/[^"#]*)')
FORM = re.compile(r'<form [^>]*?method="post"[^>]*?action="([^"]+)"')
GIVEN = {200, 204, 302}
FULL: dict[str, Any] = {"unedited_stamp": "0" * 16, "stamp": "0" * 16}
STATES: dict[str, dict[str, Any]] = {
    "received": {"state": State.RECEIVED, **NOTHING_YET},
    "rendering": {"state": State.PROCESSING, **NOTHING_YET},
    "small sizes": {"state": State.PROCESSING, "stage": Stage.QUICK, **FULL},
    "ready": FULL,
    "new edits": {"state": State.PROCESSING, "edits": {"turns": 1}, **FULL},
    "small sizes of new edits": {
        "state": State.PROCESSING,
        "stage": Stage.QUICK,
        "edits": {"turns": 1},
        "shown_edits": {"turns": 1},
        "unedited_stamp": "0" * 16,
    },
    "edits refused": {**FULL, "failure_code": "timed_out", "failure": "It took too long."},
    "failed": {"state": State.FAILED, "failure_code": "truncated", "failure": "Cut off.", **NOTHING_YET},
    "too slow": {"state": State.FAILED, "failure_code": "timed_out", "failure": "Too slow.", **NOTHING_YET},
}


def photo_in(owner: User, state: str) -> Photo:
    """Return a photo in one of STATES, with the unedited picture that there is by then."""
    photo = make_photo(owner, **STATES[state])
    if photo.stage:
        Rendition.objects.in_bucket(ids.bucket_of(photo.pk)).create(
            photo=photo, name="640", format="jpeg", width=640, height=427, bytes=1, sha256="0" * 64,
            key="pub/x", stamp="0" * 16,
        )  # fmt: skip
    return photo


def album_of(photo: Photo) -> Album:
    album = albums.create(photo.owner_id, title="Coast")
    album_places.add(album, [photo.pk])
    return album


def refusals(client: Client, pages: list[str]) -> set[str]:
    """Return the links of these pages that are refused."""
    wrong = set()
    asked: set[str] = set()
    for page in pages:
        answer = client.get(page)
        if answer.status_code == 404:  # another viewer's page of a photo that is not shown
            continue
        offered = {html.unescape(link) for link in LINK.findall(answer.content.decode())}
        for link in offered - asked:
            status = client.get(link).status_code
            wrong |= set() if status in GIVEN else {f"{page} offers {link}: {status}"}
        asked |= offered
    return wrong


@pytest.mark.parametrize("state", STATES)
def test_no_link_of_a_page_is_refused(state: str, s3: Site, alice: User, bob: User) -> None:
    photo = photo_in(alice, state)
    album = album_of(photo)
    pages = [photo.get_absolute_url(), "/@alice/", "/@alice/?failed=1", album.get_absolute_url()]
    own = [f"{album.get_absolute_url()}arrange/", "/organise/", "/upload/", "/notifications/"]
    assert refusals(signed_in(alice), [*pages, *own]) == set()
    for other in (signed_in(bob), Client()):
        assert refusals(other, pages) == set()


@pytest.mark.parametrize("state", STATES)
def test_no_form_of_a_photos_page_is_refused(state: str, alice: User, bob: User) -> None:
    photo = photo_in(alice, state)
    for client in (signed_in(bob), signed_in(alice)):  # her last form deletes it
        page = client.get(photo.get_absolute_url()).content.decode()
        forms = sorted(set(FORM.findall(page)), key=lambda action: "/delete/" in action)
        fields = {"body": "Lovely", "liked": "1", "visibility": "public"}
        answers = {action: client.post(action, fields) for action in forms if "logout" not in action}
        assert {action for action, answer in answers.items() if answer.status_code not in GIVEN} == set()


@pytest.mark.parametrize("state", STATES)
def test_edit_leads_to_the_editor_or_to_a_page_that_opens_it(state: str, alice: User) -> None:
    photo = photo_in(alice, state)
    browser = signed_in(alice)
    answer = browser.get(f"/p/{photo.pid}/edit/")
    if photo.state == State.FAILED:
        assert answer.headers["Location"] == photo.get_absolute_url()
    elif photo.stage:
        assert b"<photo-editor" in answer.content
    else:
        assert b"You can edit it in a moment" in answer.content
        assert b"data-unsettled" in answer.content
        Photo.objects.locate(photo.pk).update(stage=Stage.QUICK, **FULL)
        Rendition.objects.in_bucket(ids.bucket_of(photo.pk)).create(
            photo=photo, name="640", format="jpeg", width=640, height=427, bytes=1, sha256="0" * 64,
            key="pub/x", stamp="0" * 16,
        )  # fmt: skip
        assert b"<photo-editor" in browser.get(f"/p/{photo.pid}/edit/").content


def test_a_photo_whose_unedited_picture_is_lost_says_so(alice: User) -> None:
    photo = make_photo(alice)
    answer = signed_in(alice).get(f"/p/{photo.pid}/edit/", follow=True)
    assert b"This photo cannot be edited yet." in answer.content
