"""Typed text at each place that keeps or uses it, to the character."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from accounts import admin_reasons
from accounts.models import User
from photos.imaging.metadata.exif import _text as exif_text
from photos.imaging.metadata.printable import printable_line
from photos.library import albums, captions
from photos.models import ShareLink
from photos.models.reports import MAX_WORDS
from photos.moderation import reports
from photos.sharing import share_links
from photos.sharing.share_links import Terms
from photos.social import comments
from photos.text import search_query
from photos.views.http.fields import Lines
from tests.cast import make_photo

pytestmark = pytest.mark.django_db(databases="__all__")

TYPED = " a\0b \t cafe\u0301\r\n\r\n  next\rline\u3000x\u00a0y  "
ONE_LINE = "ab cafe\u0301 next line x y"
PARAGRAPHS = "ab \t cafe\u0301\n\n  next\rline\u3000x\u00a0y"


def test_a_title_is_one_line_and_a_description_keeps_its_paragraphs(alice: User) -> None:
    album = albums.create(alice.pk, title=TYPED, description=TYPED)
    assert (album.title, album.description) == (ONE_LINE, PARAGRAPHS)


def test_a_links_name_is_one_line_of_the_length_that_its_column_has(alice: User) -> None:
    photo = make_photo(alice)
    assert share_links.create(photo, Terms(name=TYPED)).name == ONE_LINE
    assert share_links.create(photo, Terms(name="x " * 500)).name == ("x " * 500)[: ShareLink.NAME_LENGTH]


def test_a_caption_is_one_line_of_composed_letters() -> None:
    assert captions.tidy(TYPED) == "ab caf\u00e9 next line x y"
    assert captions.tidy("e\0\u0301") == "\u00e9", "the letters are put together after NUL is gone"


def test_a_comment_keeps_its_paragraphs(alice: User) -> None:
    assert comments.write(make_photo(alice), alice.pk, TYPED).body == PARAGRAPHS
    assert comments.write(make_photo(alice), alice.pk, "a\r\0\nb").body == "a\r\nb", (
        "ends of lines come first"
    )


def test_a_report_keeps_its_ends_of_lines_and_is_cut(alice: User, bob: User) -> None:
    subject = reports.about_photo(make_photo(alice))
    report = reports.create(subject, bob.pk, category="hate", words=TYPED)
    assert report.words == "ab \t cafe\u0301\r\n\r\n  next\rline\u3000x\u00a0y"
    report = reports.create(subject, bob.pk, category="hate", words=f" {'x ' * 3000}")
    assert report.words == ("x " * 3000)[:MAX_WORDS]


def test_a_field_of_a_search_is_one_line_and_is_cut() -> None:
    assert search_query.parse({"by": TYPED}).person == ONE_LINE
    assert search_query.parse({"by": "x " * 300}).person == ("x " * 300)[: search_query.LONGEST]


def test_the_search_page_shows_what_was_typed_without_nul(client: Client) -> None:
    fields = client.get("/search/", {"q": TYPED, "by": "x " * 300}).context["said"]
    assert fields["q"] == " ab \t cafe\u0301\r\n\r\n  next\rline\u3000x\u00a0y  "
    assert fields["by"] == ("x " * 300)[: search_query.LONGEST]


def test_a_credit_is_one_line_of_printable_characters() -> None:
    assert printable_line(TYPED) == "a b caf\u00e9 next line x y"
    assert printable_line("a\u202eb\ud800c\ue000d") == "a b c d", "bidirectional, surrogate, private"
    assert printable_line("x " * 300, 300) == ("x " * 300)[:300]
    assert len(printable_line("x" * 300)) == 200


def test_a_cameras_word_ends_at_nul_and_is_printable_and_short() -> None:
    assert exif_text(TYPED) == "a"
    assert exif_text(TYPED.replace("\0", "")) == "ab caf\u00e9 next line x y"
    assert exif_text("a\u202eb\ud800c\ue000d") == "a b c d"
    assert exif_text(b"Nikon \xff\0rest") == "Nikon \ufffd"
    assert len(exif_text("x" * 300)) == 80
    assert exif_text(7) == ""


def test_a_reason_of_the_admin_is_one_line(alice: User) -> None:
    request = RequestFactory().post("/", {"reason": TYPED, "is_confirmed": "1"})
    request.user = AnonymousUser()
    assert admin_reasons.confirmed_reason(request) == "a\0b cafe\u0301 next line x y"


def test_a_field_of_lines_counts_each_end_of_a_line_once() -> None:
    assert Lines(max_length=5).clean(" a\r\n\r\nb ") == "a\n\nb"
