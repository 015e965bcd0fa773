"""Days and hours are in the visitor's time zone once the browser has set the cookie."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts import zones
from accounts.models import User
from photos.library import memories, months
from photos.models import Comment, Photo
from photos.social import comments
from photos.templatetags.moments import moment
from tests.cast import make_photo, signed_in
from tests.flows.test_social import text

NINE_IN_SEOUL = datetime(2026, 11, 26, 0, 0, tzinfo=UTC)


def answer(request: HttpRequest) -> HttpResponse:
    """Answer with the name of the active time zone."""
    return HttpResponse(str(timezone.get_current_timezone()))


@pytest.mark.parametrize(
    ("cookie", "zone"),
    [
        ("Asia/Seoul", "Asia/Seoul"),
        ("Asia/Calcutta", "Asia/Calcutta"),  # Chromium's name for Asia/Kolkata
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("Etc/GMT+5", "Etc/GMT+5"),
        ("UTC", "UTC"),
        ("", "UTC"),
        ("undefined", "UTC"),
        ("Etc/Unknown", "UTC"),
        ("asia/seoul", "UTC"),
        ("../../../etc/passwd", "UTC"),
        ("/etc/localtime", "UTC"),
        ("localtime", "UTC"),
        ("right/Asia/Seoul", "UTC"),
        ("Asia", "UTC"),
        ("tzdata.zi", "UTC"),
        ("x" * 5000, "UTC"),
        ("Asia/Seoul\0", "UTC"),
    ],
)
def test_only_names_of_zones_are_accepted(cookie: str, zone: str) -> None:
    request = RequestFactory().get("/")
    request.COOKIES[zones.COOKIE] = cookie
    assert zones.ZoneMiddleware(answer)(request).content.decode() == zone
    assert str(timezone.get_current_timezone()) == "UTC", "the next request of this thread begins anew"


def test_an_hour_names_its_zone_until_the_cookie_is_set() -> None:
    assert moment(NINE_IN_SEOUL) == "26 November 2026, 00:00 UTC"
    with timezone.override(ZoneInfo("Asia/Seoul")):
        assert moment(timezone.localtime(NINE_IN_SEOUL)) == "26 November 2026, 09:00"
    assert moment(None) == ""


def test_today_is_the_day_of_the_visitors_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    evening = datetime(2026, 11, 25, 23, 0, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: evening)
    assert memories.today() == date(2026, 11, 25)
    with timezone.override(ZoneInfo("Asia/Seoul")):
        assert memories.today() == date(2026, 11, 26)


@pytest.fixture
def photo(alice: User) -> Photo:
    made = make_photo(alice)
    comment = comments.write(made, alice.pk, "Good morning")
    Comment.objects.locate(comment.pk).update(created_at=NINE_IN_SEOUL)
    return made


@pytest.mark.django_db(databases="__all__")
def test_a_comment_shows_the_hour_of_its_readers_zone(photo: Photo, bob: User) -> None:
    for client in (signed_in(bob), Client()):
        page = client.get(photo.get_absolute_url())
        assert "26 November 2026, 00:00 UTC" in text(page)
        client.cookies[zones.COOKIE] = "Asia/Seoul"
        page = client.get(photo.get_absolute_url())
        assert "26 November 2026, 09:00 : Good" in text(page)


@pytest.mark.django_db(databases="__all__")
def test_a_cached_page_is_not_used_for_another_zone(photo: Photo, bob: User) -> None:
    client = signed_in(bob)
    client.get(photo.get_absolute_url())  # sets the CSRF cookie
    tag = client.get(photo.get_absolute_url())["ETag"]
    assert client.get(photo.get_absolute_url(), headers={"If-None-Match": tag}).status_code == 304
    client.cookies[zones.COOKIE] = "Asia/Seoul"
    assert client.get(photo.get_absolute_url(), headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.django_db(databases="__all__")
def test_a_month_has_one_name_everywhere(alice: User) -> None:
    make_photo(alice)
    client = signed_in(alice)
    month = months.parse(timezone.now().strftime("%Y-%m"))
    client.cookies[zones.COOKIE] = "America/Los_Angeles"
    for address in ("/@alice/months/", f"/@alice/?month={month}"):
        assert f"{month.starts_on:%B}" in text(client.get(address))
