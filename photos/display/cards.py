"""Tiles and cards: small objects with all that templates need to draw a photo."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.profile_card import Person
from accounts.relations import people_cache
from photos.display import descriptions
from photos.display.descriptions import Reader, alternative_text
from photos.files.urls import rendition_url
from photos.imaging import thumbhash
from photos.imaging.rejections import SENTENCES, remedy_for
from photos.imaging.renditions import ANIMATION, Spec, fit, quick_specs, specs_for
from photos.models import Photo, Stage, State, visibility_levels

FALLBACK_EDGE = 640
# The `sizes` of the first picture of a page, as that page's template has it.
CARD_SIZES = "(width < 44rem) 100vw, 46rem"
TILE_SIZES = "(width < 44rem) 60vw, 28vw"
PAGE_SIZES = "100vw"


@dataclass(frozen=True)
class Tile:
    """A photo in a grid, with everything ready to be written into HTML; sizes in pixels.

    `level` names the photo's audience to its owner; it is empty for photos that everyone may see, and to other readers.
    """

    pid: str
    url: str
    state: str
    failure: str
    remedy: str  # of a failure: "retry", "resend" or ""
    filename: str
    width: int
    height: int
    aspect: float
    alt: str
    caption: str
    level: str
    color: str
    placeholder: str
    avif_srcset: str
    webp_srcset: str
    jpeg_srcset: str
    src: str
    src_size: tuple[int, int]
    full_src: str
    full_size: tuple[int, int]
    motion: str = field(default="", kw_only=True)  # the address of the animated file, of a photo that moves

    @property
    def is_ready(self) -> bool:
        """Return whether there is a picture to show, if only in small sizes yet."""
        return bool(self.src)

    def preload(self, sizes: str) -> str:
        """Return the value of a Link header by which a browser fetches this picture before it has parsed the page."""
        for kind in ("avif", "webp", "jpeg"):  # most browsers take the first format that exists
            if srcset := getattr(self, f"{kind}_srcset"):
                break
        parts = [
            f"<{self.src}>; rel=preload; as=image; fetchpriority=high",
            f'type="image/{kind}"; imagesrcset="{srcset}"; imagesizes="{sizes}"',
        ]
        return "; ".join(parts)

    @property
    def waiting(self) -> str:
        """Return the text that stands in for a picture that is not rendered yet."""
        return _("Getting ready")

    @property
    def moving(self) -> str:
        """Return the mark of a photo that moves."""
        return _("Moving") if self.motion else ""

    @property
    def is_failed(self) -> bool:
        """Return whether rendering failed for good."""
        return self.state == State.FAILED


@dataclass(frozen=True)
class Card(Tile):
    """A photo in a feed or on its own page."""

    owner: Person
    created_at: datetime
    visibility: str
    alt_text: str  # as its owner wrote it, maybe empty; `alt` is never empty


AnyTile = TypeVar("AnyTile", bound=Tile)


def tile(photo: Photo, reader: Reader = Reader.VISITOR) -> Tile:
    """Return a photo as a grid shows it to this reader."""
    return Tile(**_tile_fields(photo, reader))


def tiles(photos: Iterable[Photo], reader: Reader) -> list[Tile]:
    """Return photos as a grid shows them to this reader, each with words of its own."""
    return told_apart([tile(photo, reader) for photo in photos])


def card(photo: Photo, owner: Person, reader: Reader = Reader.VISITOR) -> Card:
    """Return a photo as a feed, or its own page, shows it to this reader."""
    return Card(
        **_tile_fields(photo, reader, by=owner),
        owner=owner,
        created_at=photo.created_at,
        visibility=photo.visibility,
        alt_text=photo.alt,
    )


def by_active_owners(photos: Sequence[Photo], viewer_id: int | None) -> list[Card]:
    """Return the cards of photos, in order, for a viewer, without those whose owner is not active."""
    people = people_cache.people(photo.owner_id for photo in photos)
    return told_apart(
        [
            card(photo, Person.from_user(people[photo.owner_id]), Reader.from_ids(viewer_id, photo.owner_id))
            for photo in photos
            if photo.owner_id in people and people[photo.owner_id].is_active
        ]
    )


def told_apart(tiles: Iterable[AnyTile]) -> list[AnyTile]:
    """Return tiles of which no two have the same alternative text: the second of these words is "words (2)"."""
    apart = list(tiles)
    words = descriptions.told_apart(each.alt for each in apart)
    return [
        each if each.alt == alt else replace(each, alt=alt) for each, alt in zip(apart, words, strict=True)
    ]


def _tile_fields(photo: Photo, reader: Reader, by: Person | None = None) -> dict[str, Any]:
    # The proportions are unknown until the photo is rendered: 3:2 is the likeliest.
    width, height = (photo.width, photo.height) if photo.width and photo.height else (3, 2)
    is_marked = reader == Reader.OWNER and photo.visibility not in visibility_levels.FOR_ALL
    return {
        "pid": photo.pid,
        "url": photo.get_absolute_url(),
        "state": photo.state,
        "failure": failure_to_read(photo),
        "remedy": remedy_for(photo.failure_code),
        "filename": photo.filename,
        "width": width,
        "height": height,
        "aspect": round(width / height, 4),
        "alt": alternative_text(photo, reader, by),
        "caption": photo.caption,
        "level": photo.get_visibility_display() if is_marked else "",
        "color": photo.color,
        "placeholder": thumbhash.data_uri(bytes(photo.thumbhash)) if photo.thumbhash else "",
        **(_sources(photo, width, height) if photo.is_shown else _NO_SOURCES),
    }


def failure_to_read(photo: Photo) -> str:
    """Return why rendering failed, in the reader's language. The row has the worker's sentence in English."""
    sentence = _(photo.failure) if photo.failure else ""
    is_translated = sentence != photo.failure or get_language() == settings.LANGUAGE_CODE
    # A sentence with numbers in it is in no catalogue; the general sentence of its code is.
    return sentence if is_translated else _(SENTENCES.get(photo.failure_code, photo.failure))


_NO_SOURCES: dict[str, Any] = {
    **dict.fromkeys(("avif_srcset", "webp_srcset", "jpeg_srcset", "src", "full_src"), ""),
    **dict.fromkeys(("src_size", "full_size"), (0, 0)),
}


def _sources(photo: Photo, width: int, height: int) -> dict[str, Any]:
    """Return the addresses of the files that exist: at first the small sizes only, later every size and format.

    They are the files of the recipe that made the photo; the newest may have others.
    """
    specs = [spec for spec in _specs(photo, width, height) if not spec.is_square]
    urls = {spec: rendition_url(photo, spec) for spec in specs}
    jpegs = [spec for spec in specs if spec.format == "jpeg"]

    def srcset(name: str) -> str:
        sized = (spec for spec in specs if spec.format == name)
        return ", ".join(f"{urls[spec]} {fit((width, height), spec.edge)[0]}w" for spec in sized)

    fallback = min(jpegs, key=lambda spec: abs(spec.edge - FALLBACK_EDGE))
    full = max(jpegs, key=lambda spec: spec.edge)
    return {
        **{f"{name}_srcset": srcset(name) for name in ("avif", "webp", "jpeg")},
        "src": urls[fallback],
        "src_size": fallback.size_of((width, height)),
        "full_src": urls[full],
        "motion": rendition_url(photo, ANIMATION) if photo.is_moving else "",
        "full_size": full.size_of((width, height)),
    }


def _specs(photo: Photo, width: int, height: int) -> list[Spec]:
    made = specs_for if photo.stage == Stage.FULL else quick_specs
    return made(width, height, photo.recipe_version)
