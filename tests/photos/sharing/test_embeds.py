"""Embedding on other sites: a public photo has a preview, a frame and an oEmbed answer, any other photo none."""

import pytest
from django.test import Client

from accounts.models import User
from photos.models import Photo
from tests.cast import NOTHING_YET, make_photo

pytestmark = pytest.mark.django_db(databases="__all__")
SITE = "http://testserver"


@pytest.fixture
def photo(alice: User) -> Photo:
    """Create a public photo of 1200 x 800 pixels."""
    return make_photo(alice, caption='Low tide, "old" harbour', alt="A ferry on sand")


def get_oembed(client: Client, url: str, **parameters: str) -> tuple[int, dict[str, object]]:
    """Ask for the oEmbed answer about a URL; return the HTTP status and the answer ({} for an error)."""
    response = client.get("/oembed/", {"url": url, "format": "json", **parameters})
    return response.status_code, response.json() if response.status_code == 200 else {}


def test_a_public_photo_is_previewed_and_offered_as_a_frame(client: Client, photo: Photo) -> None:
    page = client.get(photo.get_absolute_url()).content.decode()
    assert '<meta property="og:image:width" content="1200">' in page
    assert '<meta property="og:image:alt" content="A ferry on sand">' in page
    assert f'<meta property="og:url" content="{SITE}/p/{photo.pid}/">' in page
    assert 'type="application/json+oembed"' in page
    status, answer = get_oembed(client, f"{SITE}/p/{photo.pid}/")
    assert status == 200
    assert (answer["type"], answer["width"], answer["height"]) == ("rich", 1200, 872)
    assert f'src="{SITE}/p/{photo.pid}/embed/"' in str(answer["html"])
    assert 'title="Low tide, &quot;old&quot; harbour"' in str(answer["html"])
    assert answer["author_url"] == f"{SITE}/@alice/"


@pytest.mark.parametrize("level", ["followers", "private"])
def test_a_photo_that_is_not_public_is_not_embedded_even_for_its_owner(
    client: Client, alice: User, photo: Photo, level: str
) -> None:
    Photo.objects.locate(photo.pk).update(visibility=level)
    client.force_login(alice)
    page = client.get(photo.get_absolute_url())
    head = page.content.decode().partition("</head>")[0]
    assert page.status_code == 200
    assert "og:" not in head
    assert "Low tide" not in head
    assert "noindex" in head
    assert get_oembed(client, f"{SITE}/p/{photo.pid}/")[0] == 404
    assert client.get(f"/p/{photo.pid}/embed/").status_code == 404


def test_only_the_frame_may_stand_on_other_sites(client: Client, photo: Photo) -> None:
    page, frame = client.get(photo.get_absolute_url()), client.get(f"/p/{photo.pid}/embed/")
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"
    assert "frame-ancestors *" in frame["Content-Security-Policy"]
    assert "X-Frame-Options" not in frame
    assert "Cookie" not in frame.get("Vary", ""), "every reader gets the same frame"


def test_a_frame_fits_into_the_requested_size(client: Client, photo: Photo) -> None:
    for limit, size in (({"maxwidth": "600"}, (600, 472)), ({"maxheight": "472"}, (600, 472))):
        answer = get_oembed(client, f"{SITE}/p/{photo.pid}/", **limit)[1]
        assert (answer["width"], answer["height"]) == size
    assert get_oembed(client, f"{SITE}/p/{photo.pid}/", maxwidth="-5")[1]["width"] == 1200


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://[",
        "http://elsewhere.example/p/{pid}/",
        "javascript:/p/{pid}/",
        SITE + "/@alice/",
        SITE + "/p/0l/",
    ],
)
def test_a_url_that_is_no_photo_page_of_the_site_is_a_404(client: Client, photo: Photo, url: str) -> None:
    assert get_oembed(client, url.format(pid=photo.pid))[0] == 404


def test_a_photo_without_a_picture_yet_is_a_404(client: Client, alice: User) -> None:
    waiting = make_photo(alice, state="processing", **NOTHING_YET)
    assert get_oembed(client, f"{SITE}/p/{waiting.pid}/")[0] == 404


def test_xml_is_answered_with_501(client: Client, photo: Photo) -> None:
    assert client.get("/oembed/", {"url": f"{SITE}/p/{photo.pid}/", "format": "xml"}).status_code == 501
