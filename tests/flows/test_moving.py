"""An animated photo: made, marked, and shown by addresses of the same kind as all its other files."""

import io

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image

from accounts.models import User
from ops.topology.site.site import Site
from photos.display import cards
from photos.jobs import reconciliation
from photos.models import Photo, Rendition
from photos.sharing import share_links
from tests.cast import make_photo, shard_of, signed_in
from tests.photos.pipeline.test_rendering import render_fully, renditions_of, upload_photo

pytestmark = pytest.mark.django_db(databases="__all__")


def animated_gif() -> bytes:
    frames = [Image.new("RGB", (64, 48), color) for color in ("red", "green", "blue")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=100, loop=0)
    return buffer.getvalue()


def motion_of(client: Client, url: str) -> str:
    """Return the address of the animated file in a page; "" without one."""
    page = client.get(url).content.decode()
    return page.partition('srcset="')[2].partition('"')[0] if 'data-part="motion"' in page else ""


@pytest.mark.parametrize("visibility", ["public", "private"])
def test_an_animation_is_shown_where_the_photo_is(visibility: str, s3: Site, alice: User) -> None:
    photo = render_fully(upload_photo(alice, animated_gif(), visibility=visibility))
    assert photo.is_moving
    (file,) = [row for row in renditions_of(photo) if row.name == "anim640"]
    address = motion_of(signed_in(alice), photo.get_absolute_url()).replace("&amp;", "&")
    assert address == cards.tile(photo).motion
    assert address.startswith(f"{settings.CDN_URL}/{file.key}")
    assert ("?e=" in address) == (visibility == "private"), "private files want a signature"
    assert f'data-motion="{settings.CDN_URL}/{file.key}' in signed_in(alice).get("/@alice/").content.decode()


def test_a_share_link_shows_it_moving_too(alice: User) -> None:
    photo = make_photo(alice, is_moving=True, visibility="private")
    link = share_links.create(photo, share_links.Terms())
    address = share_links.url(link).removeprefix(settings.SITE_URL)
    assert motion_of(Client(), address).startswith(f"{settings.CDN_URL}/priv/")


def test_a_photo_that_does_not_move_has_neither_mark_nor_button(alice: User) -> None:
    photo = make_photo(alice)
    browser = signed_in(alice)
    assert motion_of(browser, photo.get_absolute_url()) == ""
    assert "data-motion" not in browser.get("/@alice/").content.decode()


def test_animations_from_before_the_mark_are_found(alice: User) -> None:
    moving, old, still = (make_photo(alice, original_format="GIF") for _ in range(3))
    for photo, stamp in ((moving, moving.stamp), (old, "f" * 16)):
        Rendition(
            photo=photo, name="anim640", format="webp", width=64, height=48, bytes=1, sha256="0" * 64,
            key=f"pub/{photo.pid}/x/anim640.webp", stamp=stamp,
        ).save()  # fmt: skip
    drifts = list(reconciliation.moving(shard_of(alice)))
    assert [drift.what for drift in drifts] == ["moving"]
    for drift in drifts:
        drift.mend()
    assert list(Photo.objects.of(alice.pk).filter(is_moving=True)) == [moving]
    assert still.pk
    assert list(reconciliation.moving(shard_of(alice))) == []
