"""Embedding on other sites: the preview of a photo's link (Open Graph) and its oEmbed answer. Public photos only.

The readers are programs of other sites without an account, and may show the answer to everyone.
"""

from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _

from accounts.profile_card import Person
from accounts.relations import people_cache
from photos.display import cards
from photos.models import Photo, Visibility
from sharding.rows import ids

LARGEST = 1200  # pixels of a frame's longer side, unless the other site allows less
LABEL = 72  # pixels below the photo, for its author and caption
CACHED_SECONDS = 300


@dataclass(frozen=True)
class Preview:
    """A link to a photo as chats and social networks show it; URLs are absolute, sizes in pixels."""

    url: str
    title: str
    description: str
    image: str
    width: int
    height: int
    alt: str
    oembed_url: str


def preview(card: cards.Card) -> Preview | None:
    """Return the preview of a photo's link; None for a photo that is not public or has no picture yet."""
    if card.visibility != Visibility.PUBLIC or not card.is_ready:
        return None
    width, height = card.full_size
    url = settings.SITE_URL + card.url
    return Preview(
        url=url,
        title=_("Photo by %(name)s") % {"name": card.owner.display_name},
        description=card.caption,
        image=card.full_src,
        width=width,
        height=height,
        alt=card.alt,
        oembed_url=f"{settings.SITE_URL}{reverse('oembed')}?url={url}&format=json",
    )


def find_card(photo_id: int) -> cards.Card | None:
    """Return the card of a public photo with an active owner, or None."""
    photo: Photo | None = Photo.objects.locate(photo_id).public().first()
    owner = people_cache.find_active(photo.owner_id) if photo else None
    return cards.card(photo, Person.from_user(owner)) if photo and owner else None


def find_card_by_url(url: str) -> cards.Card | None:
    """Return the card of the public photo whose page has this URL; None for any other URL."""
    try:
        parts, site = urlsplit(url), urlsplit(settings.SITE_URL)
    except ValueError:  # such as http://[
        return None
    if parts.scheme not in {"http", "https"} or parts.netloc != site.netloc:
        return None
    try:
        match = resolve(parts.path)
        photo_id = ids.decode(match.kwargs["pid"]) if match.url_name == "photo" else None
    except (Resolver404, ids.InvalidId):
        return None
    return find_card(photo_id) if photo_id is not None else None


def oembed(
    card: cards.Card, *, max_width: int | None = None, max_height: int | None = None
) -> dict[str, Any]:
    """Return the oEmbed 1.0 answer of type "rich": a frame that fits into the given size in pixels."""
    available = (max_width or LARGEST, (max_height or LARGEST + LABEL) - LABEL)
    scale = min(1, available[0] / card.width, max(1, available[1]) / card.height)
    width, height = max(1, round(card.width * scale)), max(1, round(card.height * scale)) + LABEL
    title = card.caption or _("Photo by %(name)s") % {"name": card.owner.display_name}
    src = f"{settings.SITE_URL}{card.url}embed/"
    return {
        "version": "1.0",
        "type": "rich",
        "provider_name": "Tessera",
        "provider_url": settings.SITE_URL,
        "title": title,
        "author_name": card.owner.display_name,
        "author_url": settings.SITE_URL + card.owner.url,
        "thumbnail_url": card.src,
        "thumbnail_width": card.src_size[0],
        "thumbnail_height": card.src_size[1],
        "cache_age": CACHED_SECONDS,
        "width": width,
        "height": height,
        "html": f'<iframe src="{escape(src)}" width="{width}" height="{height}" title="{escape(title)}" '
        'style="border:0;max-width:100%" loading="lazy" allowfullscreen></iframe>',
    }
