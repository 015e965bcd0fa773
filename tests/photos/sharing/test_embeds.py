"""What other sites are told of a photo: much of a public one, nothing of any other."""

import pytest
from django.test import Client

from accounts.models import User
from photos.models import Photo
from tests.cast import NOTHING_YET, make_photo

pytestmark = pytest.mark.django_db(databases="__all__")
SITE = "http://testserver"


@pytest.fixture
def photo(alice: User) -> Photo:
    """A public photo of 1200 x 800 pixels."""
    return make_photo(alice, caption='Low tide, "old" harbour', alt="A ferry on sand")


def asked(client: Client, url: str, **more: str) -> tuple[int, dict[str, object]]:
    """Return status and answer about an address."""
    said = client.get("/oembed/", {"url": url, "format": "json", **more})
    return said.status_code, said.json() if said.status_code == 200 else {}


def test_a_public_photo_is_previewed_and_offered_as_a_frame(client: Client, photo: Photo) -> None:
    page = client.get(photo.get_absolute_url()).content.decode()
    assert '<meta property="og:image:width" content="1200">' in page
    assert '<meta property="og:image:alt" content="A ferry on sand">' in page
    assert f'<meta property="og:url" content="{SITE}/p/{photo.pid}/">' in page
    assert 'type="application/json+oembed"' in page
    status, said = asked(client, f"{SITE}/p/{photo.pid}/")
    assert status == 200
    assert (said["type"], said["width"], said["height"]) == ("rich", 1200, 872)
    assert f'src="{SITE}/p/{photo.pid}/embed/"' in str(said["html"])
    assert 'title="Low tide, &quot;old&quot; harbour"' in str(said["html"])
    assert said["author_url"] == f"{SITE}/@alice/"


@pytest.mark.parametrize("level", ["followers", "private"])
def test_of_any_other_photo_nothing_is_told_not_even_to_its_owner(
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
    assert asked(client, f"{SITE}/p/{photo.pid}/")[0] == 404
    assert client.get(f"/p/{photo.pid}/embed/").status_code == 404


def test_only_the_frame_may_stand_on_other_sites(client: Client, photo: Photo) -> None:
    page, frame = client.get(photo.get_absolute_url()), client.get(f"/p/{photo.pid}/embed/")
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"
    assert "frame-ancestors *" in frame["Content-Security-Policy"]
    assert "X-Frame-Options" not in frame
    assert "Cookie" not in frame.get("Vary", ""), "it is the same for everybody"


def test_a_frame_fits_into_what_was_asked_for(client: Client, photo: Photo) -> None:
    for room, size in (({"maxwidth": "600"}, (600, 472)), ({"maxheight": "472"}, (600, 472))):
        said = asked(client, f"{SITE}/p/{photo.pid}/", **room)[1]
        assert (said["width"], said["height"]) == size
    assert asked(client, f"{SITE}/p/{photo.pid}/", maxwidth="-5")[1]["width"] == 1200


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
def test_other_addresses_are_not_ours_to_describe(client: Client, photo: Photo, url: str) -> None:
    assert asked(client, url.format(pid=photo.pid))[0] == 404


def test_what_has_no_picture_yet_is_not_there(client: Client, alice: User) -> None:
    waiting = make_photo(alice, state="processing", **NOTHING_YET)
    assert asked(client, f"{SITE}/p/{waiting.pid}/")[0] == 404


def test_xml_is_not_spoken(client: Client, photo: Photo) -> None:
    assert client.get("/oembed/", {"url": f"{SITE}/p/{photo.pid}/", "format": "xml"}).status_code == 501
