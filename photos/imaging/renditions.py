"""The table of files made from each photo. New edges and formats go here, with a higher RECIPE_VERSION."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

RECIPE_VERSION: Final = 2
EDGES: Final = (320, 640, 1280, 2048)
SQUARE_EDGE: Final = 256  # cut around what catches the eye: avatars of albums, notifications, dense grids
ANIMATED_EDGE: Final = 640

# Progressive costs three times the encoding for 4 % of the bytes: worth it where the bytes are many.
_PROGRESSIVE_FROM: Final = 1280
# Small pictures show the encoder's faults more, and cost few bytes.
_SMALL_BELOW: Final = 1280
_SMALL_BONUS: Final = 4
# A photo is shown as soon as these are there; they cost a tenth of all.
_QUICK_EDGES: Final = (320, 640)
_QUICK_FORMATS: Final = ("webp", "jpeg")


@dataclass(frozen=True, slots=True)
class Encoding:
    """One output format: what HTTP and Pillow call it, its quality at large sizes, what else to tell Pillow."""

    name: str
    pillow_name: str
    content_type: str
    suffix: str
    quality: int
    options: Mapping[str, int | bool] = field(default_factory=dict, hash=False)


ENCODINGS: Final[Mapping[str, Encoding]] = MappingProxyType(
    {
        encoding.name: encoding
        for encoding in (
            # Speed 9 takes a tenth of the default's time for a sixth more bytes, and beats WebP at both.
            Encoding("avif", "AVIF", "image/avif", ".avif", 64, {"speed": 9, "max_threads": 1}),
            # Method 2 takes half the time of the default at the same bytes.
            Encoding("webp", "WEBP", "image/webp", ".webp", 82, {"method": 2}),
            Encoding("jpeg", "JPEG", "image/jpeg", ".jpg", 80, {"optimize": True}),
        )
    }
)
FORMATS: Final = tuple(ENCODINGS)  # a browser takes the first that it knows


@dataclass(frozen=True, slots=True, order=True)
class Spec:
    """One file of a photo: at most `edge` pixels on the longer side, in `format`.

    A square is a cut-out of at most `edge` pixels a side. An animated one moves as its original does.
    """

    edge: int
    format: str
    is_square: bool = False
    is_animated: bool = False

    @property
    def name(self) -> str:
        """What stands for it in a key, before the suffix: "640", "sq256", "anim640"."""
        kind = "sq" if self.is_square else "anim" if self.is_animated else ""
        return f"{kind}{self.edge}"

    @property
    def encoding(self) -> Encoding:
        """How this format is called and encoded."""
        return ENCODINGS[self.format]

    @property
    def content_type(self) -> str:
        """The media type to store and serve it with."""
        return self.encoding.content_type

    @property
    def suffix(self) -> str:
        """The file name's ending, with the dot."""
        return self.encoding.suffix

    @property
    def quality(self) -> int:
        """The encoder's quality, 0 to 100."""
        return self.encoding.quality + (_SMALL_BONUS if self.edge < _SMALL_BELOW else 0)

    @property
    def is_progressive(self) -> bool:
        """Whether a JPEG is stored as passes of growing detail."""
        return self.format == "jpeg" and self.edge >= _PROGRESSIVE_FROM

    def size_of(self, size: tuple[int, int]) -> tuple[int, int]:
        """The size of this file for a photo of that upright size. Never enlarged."""
        if self.is_square:
            return (min(self.edge, *size),) * 2
        return fit(size, self.edge)


ANIMATION: Final = Spec(ANIMATED_EDGE, "webp", is_animated=True)


def edges_for(width: int, height: int) -> list[int]:
    """The rungs a photo of this size gets, ascending. The first rung that holds it whole is the last."""
    longest = max(width, height)
    smaller = [edge for edge in EDGES if edge < longest]
    return [*smaller, *[edge for edge in EDGES if edge >= longest][:1]]


def specs_for(width: int, height: int) -> list[Spec]:
    """All still files for a photo of this upright size, small ones first, the squares last."""
    rungs = [Spec(edge, name) for edge in edges_for(width, height) for name in FORMATS]
    return rungs + [Spec(SQUARE_EDGE, name, is_square=True) for name in FORMATS]


def quick_specs(width: int, height: int) -> list[Spec]:
    """Those to make first."""
    return [spec for spec in specs_for(width, height) if _is_quick(spec)]


def rest_specs(width: int, height: int) -> list[Spec]:
    """Those to make afterwards in one pass; the animation only comes of an original that moves."""
    return [spec for spec in specs_for(width, height) if not _is_quick(spec)] + [ANIMATION]


def _is_quick(spec: Spec) -> bool:
    return spec.format in _QUICK_FORMATS and (spec.is_square or spec.edge in _QUICK_EDGES)


# For asking before the size is known: a photo gets those of them that specs_for its size has.
QUICK: Final = frozenset(quick_specs(EDGES[-1], EDGES[-1]))
REST: Final = frozenset(rest_specs(EDGES[-1], EDGES[-1]))
ALL: Final = QUICK | REST


def fit(size: tuple[int, int], edge: int) -> tuple[int, int]:
    """The size with its longer side at most `edge`, in proportion. Never larger than before, never 0."""
    width, height = size
    longest = max(width, height)
    if longest <= edge:
        return width, height
    return max(1, round(width * edge / longest)), max(1, round(height * edge / longest))
