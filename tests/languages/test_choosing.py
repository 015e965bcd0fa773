"""The language of a reader: by browser, cookie or own choice; and dates, numbers and messages in it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.template import Context, Template
from django.test import Client
from django.utils import timezone, translation
from django.utils.formats import date_format

from accounts import erasures, languages
from accounts.models import Erasure, User
from photos.display import cards
from photos.models import Photo, State
from photos.moderation import reports
from photos.social import inbox
from tests.cast import NOTHING_YET, make_photo

pytestmark = pytest.mark.django_db(databases="__all__")

KOREAN = {"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.5"}
FRENCH = {"Accept-Language": "fr"}


def language_of(response: HttpResponseBase) -> str:
    """Return the language that a page declares, after checking that its text is in it."""
    assert isinstance(response, HttpResponse)
    text = response.content.decode()
    is_korean = "사진" in text or "로그인" in text
    declared = "ko" if '<html lang="ko"' in text else "en"
    assert (declared == "ko") == is_korean
    return declared


def sign_in(client: Client, user: User, **headers: str) -> None:
    form = {"login": user.username, "password": user.username * 2}
    assert client.post("/accounts/login/", form, headers=headers).status_code == 302


def test_a_stranger_reads_what_the_browser_asks_for() -> None:
    assert language_of(Client().get("/", headers=KOREAN)) == "ko"
    assert language_of(Client().get("/", headers=FRENCH)) == "en"
    assert language_of(Client().get("/")) == "en"


def test_a_strangers_click_counts_more_than_the_browser() -> None:
    client = Client(headers=KOREAN)
    page = client.get("/explore/")
    assert 'action="/language/"' in page.content.decode()
    assert client.post("/language/", {"language": "en", "next": "/explore/"})["Location"] == "/explore/"
    assert language_of(client.get("/explore/")) == "en"
    assert client.post("/language/", {"language": "en", "next": "//evil.example/"})["Location"] == "/"


def test_the_own_choice_is_there_after_signing_in_whatever_the_browser_was_set_to(alice: User) -> None:
    browser = Client(headers=KOREAN)
    sign_in(browser, alice, **KOREAN)
    assert language_of(browser.get("/")) == "ko"
    browser.post("/settings/language/", {"language": "en"})
    assert language_of(browser.get("/")) == "en"
    elsewhere = Client(headers=KOREAN)
    elsewhere.post("/language/", {"language": "ko"})
    sign_in(elsewhere, alice, **KOREAN)
    assert language_of(elsewhere.get("/")) == "en"
    elsewhere.post("/settings/language/", {"language": ""})
    assert language_of(elsewhere.get("/")) == "ko", "as the browser says"


def test_only_languages_of_ours_can_be_chosen(alice: User, client: Client) -> None:
    client.force_login(alice)
    assert client.post("/settings/language/", {"language": "fr"}).status_code == 404
    assert client.post("/settings/language/", {"language": "ko"}).status_code == 302
    alice.refresh_from_db()
    assert alice.language == "ko"


def test_a_page_that_is_kept_is_of_one_language(alice: User, client: Client) -> None:
    photo = make_photo(alice)
    english = client.get(photo.get_absolute_url())
    cached = {"If-None-Match": english["ETag"]}
    client.get(photo.get_absolute_url())
    assert "Accept-Language" in english["Vary"]
    assert "Cookie" in english["Vary"]
    cached = {"If-None-Match": client.get(photo.get_absolute_url())["ETag"]}
    assert client.get(photo.get_absolute_url(), headers=cached).status_code == 304
    assert client.get(photo.get_absolute_url(), headers=cached | KOREAN).status_code == 200


@pytest.mark.parametrize("address", ["/manifest.webmanifest", "/offline/"])
def test_what_anybody_may_keep_says_that_it_differs(address: str) -> None:
    response = Client().get(address, headers=KOREAN)
    assert {"Accept-Language", "Cookie"} <= set(response["Vary"].replace(" ", "").split(","))
    assert response["Content-Language"] == "ko"


def test_an_error_is_told_in_the_readers_language() -> None:
    response = Client().get("/nowhere/", headers=KOREAN)
    assert response.status_code == 404
    assert language_of(response) == "ko"


@pytest.mark.parametrize(
    ("chosen", "browser", "expected"),
    [("ko", "en", "ko"), ("", "ko", "ko"), ("en", "ko", "en"), ("", "", "en")],
)
def test_a_mail_is_in_the_language_of_who_gets_it(
    alice: User, bob: User, chosen: str, browser: str, expected: str
) -> None:
    User.objects.filter(pk=alice.pk).update(language=chosen, browser_language=browser)
    report = reports.create(reports.about_photo(make_photo(alice)), bob.pk, category="spam")
    reports.remove_photo(report, staff_id=bob.pk, reason="Spam")
    reports.tell_removed(report.pk)
    (message,) = mail.outbox
    assert message.subject == {"ko": "신고된 사진이 삭제되었어요", "en": "Your photo was removed"}[expected]
    assert ("alice 님, 안녕하세요." in message.body or "Alice Liddell 님, 안녕하세요." in message.body) == (
        expected == "ko"
    )
    assert translation.get_language() == "en", "the language of other requests stays"


def test_signing_in_notes_what_the_browser_asks_for(alice: User) -> None:
    sign_in(Client(), alice, **KOREAN)
    alice.refresh_from_db()
    assert languages.for_user(alice) == "ko"
    Client().post("/accounts/password/reset/", {"email": alice.email})
    assert mail.outbox[-1].subject == "Tessera: 비밀번호 재설정"


def test_a_receipt_is_in_the_language_of_who_is_gone(bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(language="ko")
    erasure = erasures.request(bob.pk)
    erasures.finish(erasure)
    erasures.send_receipt(Erasure.objects.get(pk=erasure.pk))
    assert mail.outbox[-1].subject == "Tessera: 계정이 삭제되었어요"
    assert "확인 번호:" in mail.outbox[-1].body


@pytest.mark.parametrize(
    ("language", "day", "moment", "month"),
    [
        ("en", "4 May 2026", "4 May 2026, 09:05", "May 2026"),
        ("ko", "2026년 5월 4일", "2026년 5월 4일 09:05", "2026년 5월"),
    ],
)
def test_dates_are_written_as_their_readers_do(language: str, day: str, moment: str, month: str) -> None:
    at = datetime(2026, 5, 4, 9, 5, tzinfo=UTC)
    with translation.override(language):
        assert date_format(at, "DATE_FORMAT") == day
        assert date_format(at, "DATETIME_FORMAT") == moment
        assert date_format(at, "YEAR_MONTH_FORMAT") == month


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", ["just now", "1 minute ago", "3 hours ago"]), ("ko", ["방금", "1분 전", "3시간 전"])],
)
def test_how_long_ago_it_was(language: str, expected: list[str]) -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False), translation.override(language):
        texts = [inbox._ago(now - timedelta(minutes=minutes)) for minutes in (0, 1, 180)]
    assert [each.replace("\xa0", " ") for each in texts] == expected


@pytest.mark.parametrize(
    ("language", "counts"),
    [("en", ["0 photos", "1 photo", "2 photos"]), ("ko", ["사진 0장", "사진 1장", "사진 2장"])],
)
def test_numbers_and_their_words_agree(language: str, counts: list[str]) -> None:
    template = Template(
        "{% load i18n %}{% blocktranslate count counter=n %}{{ counter }} photo"
        "{% plural %}{{ counter }} photos{% endblocktranslate %}"
    )
    with translation.override(language):
        assert [template.render(Context({"n": n})) for n in range(3)] == counts


@pytest.mark.parametrize(
    ("code", "sentence", "expected"),
    [
        (
            "truncated",
            "The end of this picture is missing. Please upload the original file again.",
            "사진 파일의 끝부분이 잘려 있어요. 원본 파일을 다시 올려 주세요.",
        ),
        (
            "too_many_pixels",
            "This picture has 300 megapixels (20000 x 15000). Please make it smaller, up to 250 megapixels.",
            "사진의 픽셀 수가 너무 많아요. 크기를 줄여서 올려 주세요.",
        ),
        ("unknown", "Something else.", "Something else."),
    ],
)
def test_what_a_worker_found_is_told_in_the_readers_language(
    alice: User, code: str, sentence: str, expected: str
) -> None:
    photo: Photo = make_photo(alice, state=State.FAILED, failure_code=code, failure=sentence, **NOTHING_YET)
    assert cards.tile(photo).failure == sentence
    with translation.override("ko"):
        assert cards.tile(photo).failure == expected
