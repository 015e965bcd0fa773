"""The upload protocol through HTTP, as the page's script speaks it."""

import hashlib
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts import rate_limit
from accounts.models import User
from ops.topology.site.site import Site
from photos.library import quota
from photos.models import Photo, Stage
from photos.pipeline import rendering
from sharding.rows import ids
from tests.objects import picture, put

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def browser(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def announced(body: bytes, name: str = "sea.jpg") -> dict[str, Any]:
    return {
        "name": name,
        "size": len(body),
        "type": "image/jpeg",
        "sha256": hashlib.sha256(body).hexdigest(),
        "visibility": "public",
    }


def post(client: Client, url: str, data: object) -> Any:
    return client.post(url, data, content_type="application/json")


def test_a_photo_goes_from_announcement_to_picture(s3: Site, browser: Client, alice: User) -> None:
    body = picture(1400, 900, seed=11)
    (offer,) = post(browser, "/api/uploads/", {"files": [announced(body)]}).json()["uploads"]
    assert put(offer["url"], offer["headers"], body) == 200
    finished = post(browser, "/api/uploads/finish/", {"ticket": offer["ticket"]})
    assert finished.status_code == 201
    pid = finished.json()["pid"]
    assert f'data-photo="{pid}"' in finished.json()["tile_html"]
    assert pid not in browser.get(f"/tiles/?id={pid}").content.decode(), "it is not settled yet"

    for stage in (Stage.QUICK, Stage.FULL):
        rendering.render(ids.decode(pid), stage)
    tile = browser.get(f"/tiles/?id={pid}").content.decode()
    assert "/pub/" in tile
    assert "srcset" in tile
    page = Client().get(finished.json()["photo_url"]).content.decode()
    assert "/pub/" in page
    assert pid in Client().get("/@alice/").content.decode()
    again = post(browser, "/api/uploads/finish/", {"ticket": offer["ticket"]})
    assert (again.status_code, again.json()["pid"]) == (200, pid)
    (duplicate,) = post(browser, "/api/uploads/", {"files": [announced(body, "copy.jpg")]}).json()["uploads"]
    photo_json = {"duplicate": True, "pid": pid, "photo_url": f"/p/{pid}/", "visibility": "Everyone"}
    expected = photo_json | {"seen": "everyone sees it"}
    assert duplicate == expected, "it says who sees the photo that is there already"
    assert Photo.objects.of(alice.pk).count() == 1


def test_finishing_too_early_answers_409_so_that_the_bytes_are_sent_again(s3: Site, browser: Client) -> None:
    (offer,) = post(browser, "/api/uploads/", {"files": [announced(picture(seed=12))]}).json()["uploads"]
    response = post(browser, "/api/uploads/finish/", {"ticket": offer["ticket"]})
    assert (response.status_code, response.json()["error"]["code"]) == (409, "not_stored")


def test_a_store_that_is_away_answers_503_to_be_tried_again(browser: Client) -> None:
    (offer,) = post(browser, "/api/uploads/", {"files": [announced(b"abc")]}).json()["uploads"]
    response = post(browser, "/api/uploads/finish/", {"ticket": offer["ticket"]})
    assert (response.status_code, response["Retry-After"]) == (503, "2")


def test_refusals_come_per_file_with_a_sentence(browser: Client) -> None:
    files = [announced(b"abc"), announced(b"") | {"size": 0}, announced(b"x") | {"type": "video/mp4"}]
    answers = post(browser, "/api/uploads/", {"files": files}).json()["uploads"]
    assert "url" in answers[0]
    assert [answer["error"]["code"] for answer in answers[1:]] == ["empty", "unsupported_format"]


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{}", '{"files": 3}', '{"files": [{}]}', '{"files": [{"name": 1, "size": "many"}]}', "\xff"],
)
def test_nonsense_is_answered_with_400(body: str, browser: Client) -> None:
    response = browser.post("/api/uploads/", body, content_type="application/json")
    assert (response.status_code, response.json()["error"]["code"]) == (400, "malformed")


def test_too_many_files_in_one_call_are_refused(browser: Client) -> None:
    response = post(browser, "/api/uploads/", {"files": [announced(b"a")] * 21})
    assert response.json()["error"]["code"] == "too_many"


def test_a_flood_of_announcements_is_told_to_wait(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for what in ("begin", "cancel"):
        monkeypatch.setitem(settings.RATE_LIMITS, what, {60: 5, 3_600: 8})
    some = {"files": [announced(bytes([number])) for number in range(3)]}
    assert post(browser, "/api/uploads/", some).status_code == 200
    answer = post(browser, "/api/uploads/", some)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_fast")
    assert int(answer["Retry-After"]) > 0
    for status in (200,) * 5 + (429,):
        assert post(browser, "/api/uploads/cancel/", {"ticket": "x"}).status_code == status


def test_whoever_has_many_photos_can_send_them(browser: Client, alice: User) -> None:
    assert not any(rate_limit.is_too_fast("begin", alice.pk, count=20) for _ in range(25)), "500 in one go"
    assert settings.RATE_LIMITS["begin"][3_600] >= 4 * 5_000, "5,000 in an hour, with room for trying again"


def test_a_signed_out_browser_is_told_to_sign_in(client: Client) -> None:
    response = post(client, "/api/uploads/", {"files": []})
    assert (response.status_code, response.json()["error"]["code"]) == (401, "signed_out")


def test_a_forged_or_foreign_ticket_is_refused(s3: Site, browser: Client, carol: User) -> None:
    body = picture(seed=13)
    (offer,) = post(browser, "/api/uploads/", {"files": [announced(body)]}).json()["uploads"]
    put(offer["url"], offer["headers"], body)
    other = Client()
    other.force_login(carol)
    assert post(other, "/api/uploads/finish/", {"ticket": offer["ticket"]}).status_code == 410
    assert post(browser, "/api/uploads/finish/", {"ticket": "x"}).status_code == 410
    assert post(browser, "/api/uploads/finish/", {}).status_code == 410


def test_posts_without_the_csrf_token_are_refused(alice: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert post(strict, "/api/uploads/", {"files": []}).status_code == 403


def test_an_upload_is_cancelled_by_its_owner_alone(
    s3: Site, browser: Client, alice: User, carol: User
) -> None:
    body = picture(seed=15)
    (offer,) = post(browser, "/api/uploads/", {"files": [announced(body)]}).json()["uploads"]
    ticket = {"ticket": offer["ticket"]}
    other = Client()
    assert post(other, "/api/uploads/cancel/", ticket).status_code == 401
    other.force_login(carol)
    assert post(other, "/api/uploads/cancel/", ticket).json() == {"cancelled": False}
    assert quota.used_bytes(alice.pk) == len(body)
    assert post(browser, "/api/uploads/cancel/", ticket).json() == {"cancelled": True}
    assert quota.used_bytes(alice.pk) == 0
    assert post(browser, "/api/uploads/cancel/", ticket).json() == {"cancelled": False}
    assert post(browser, "/api/uploads/finish/", ticket).status_code == 410
