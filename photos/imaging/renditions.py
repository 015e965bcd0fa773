"""The table of the files that are made of each photo. A new edge or format goes here, with a higher RECIPE_VERSION."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

RECIPE_VERSION: Final = 2
EDGES: Final = (320, 640, 1280, 2048)
SQUARE_EDGE: Final = 256  # the most interesting square: album covers, notifications, dense grids
ANIMATED_EDGE: Final = 640

# Progressive encoding takes three times as long and saves 4 % of the bytes: worth it for large files only.
_PROGRESSIVE_FROM: Final = 1280
# Small pictures show artefacts more, and cost few bytes.
_SMALL_BELOW: Final = 1280
_SMALL_BONUS: Final = 4
# A photo is shown as soon as these files exist; they take a tenth of the time of all.
_QUICK_EDGES: Final = (320, 640)
_QUICK_FORMATS: Final = ("webp", "jpeg")


@dataclass(frozen=True, slots=True)
class Encoding:
    """An output format: its names in HTTP and Pillow, its quality at large sizes, Pillow's other options."""

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
            # Speed 9 takes a tenth of the default's time for a sixth more bytes, and is faster and smaller than WebP.
            Encoding("avif", "AVIF", "image/avif", ".avif", 64, {"speed": 9, "max_threads": 1}),
            # Method 2 takes half the time of the default at the same bytes.
            Encoding("webp", "WEBP", "image/webp", ".webp", 82, {"method": 2}),
            Encoding("jpeg", "JPEG", "image/jpeg", ".jpg", 80, {"optimize": True}),
        )
    }
)
FORMATS: Final = tuple(ENCODINGS)  # in the order of <picture>: a browser takes the first that it can decode


@dataclass(frozen=True, slots=True, order=True)
class Spec:
    """One file of a photo: at most `edge` pixels on the longer side, in `format`.

    A square is a crop of at most `edge` pixels a side. An animated file moves as its original does.
    """

    edge: int
    format: str
    is_square: bool = False
    is_animated: bool = False

    @property
    def name(self) -> str:
        """The file's name in a key, without the suffix: "640", "sq256", "anim640"."""
        kind = "sq" if self.is_square else "anim" if self.is_animated else ""
        return f"{kind}{self.edge}"

    @property
    def encoding(self) -> Encoding:
        """The names and options of this format."""
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
        """Return the size of this file for a photo of an upright `size`. A photo is never enlarged."""
        if self.is_square:
            return (min(self.edge, *size),) * 2
        return fit(size, self.edge)


ANIMATION: Final = Spec(ANIMATED_EDGE, "webp", is_animated=True)


def edges_for(width: int, height: int) -> list[int]:
    """Return the edges that a photo of this size gets, ascending, up to the first that is not smaller than it."""
    longest = max(width, height)
    smaller = [edge for edge in EDGES if edge < longest]
    return [*smaller, *[edge for edge in EDGES if edge >= longest][:1]]


def specs_for(width: int, height: int) -> list[Spec]:
    """Return all still files for a photo of this upright size, small ones first, the squares last."""
    whole = [Spec(edge, name) for edge in edges_for(width, height) for name in FORMATS]
    return whole + [Spec(SQUARE_EDGE, name, is_square=True) for name in FORMATS]


def quick_specs(width: int, height: int) -> list[Spec]:
    """Return the files to make first."""
    return [spec for spec in specs_for(width, height) if _is_quick(spec)]


def rest_specs(width: int, height: int) -> list[Spec]:
    """Return the files to make afterwards, in one pass. The animation is made only if the original moves."""
    return [spec for spec in specs_for(width, height) if not _is_quick(spec)] + [ANIMATION]


def _is_quick(spec: Spec) -> bool:
    return spec.format in _QUICK_FORMATS and (spec.is_square or spec.edge in _QUICK_EDGES)


# To request files before a photo's size is known: it gets those that are also in specs_for(its size).
QUICK: Final = frozenset(quick_specs(EDGES[-1], EDGES[-1]))
REST: Final = frozenset(rest_specs(EDGES[-1], EDGES[-1]))
ALL: Final = QUICK | REST


def fit(size: tuple[int, int], edge: int) -> tuple[int, int]:
    """Return `size` scaled down to a longer side of at most `edge`, in proportion. Never enlarged, never 0."""
    width, height = size
    longest = max(width, height)
    if longest <= edge:
        return width, height
    return max(1, round(width * edge / longest)), max(1, round(height * edge / longest))
