"""The table of the files that are made of each photo, by recipe.

A photo is shown by the files of the recipe that made it until a worker has made it anew. So a new edge or format is a
new row of LADDERS, and old rows stay as long as photos of theirs may be left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

SQUARE_EDGE: Final = 256  # the most interesting square: album covers, notifications, dense grids
ANIMATED_EDGE: Final = 640

# Progressive encoding takes three times as long and saves 4 % of the bytes: worth it for large files only.
_PROGRESSIVE_FROM: Final = 1280
# Small pictures show artefacts more, and cost few bytes.
_SMALL_BELOW: Final = 1280
_SMALL_BONUS: Final = 4


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


@dataclass(frozen=True, slots=True)
class Ladder:
    """The still files of one recipe: edges ascending, formats in the order of FORMATS.

    A photo is shown as soon as its quick files exist; they take a tenth of the time of all.
    """

    edges: tuple[int, ...]
    formats: tuple[str, ...] = ("avif", "webp", "jpeg")
    quick_edges: tuple[int, ...] = (320, 640)
    quick_formats: tuple[str, ...] = ("webp", "jpeg")


# By recipe. A row that photos were made by is never changed: their pages name the files that it says.
LADDERS: Final[dict[int, Ladder]] = {
    1: Ladder((320, 640, 1280, 2048)),
    2: Ladder((320, 640, 1280, 2048)),
}
EDGES: Final = LADDERS[max(LADDERS)].edges


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


def newest_recipe() -> int:
    """Return the recipe that photos are made by now."""
    return max(LADDERS)


def ladder_of(recipe: int | None) -> Ladder:
    """Return the ladder of a recipe; the newest for None, and for one that only a later release knows."""
    return LADDERS.get(recipe or 0, LADDERS[newest_recipe()])


def edges_for(width: int, height: int, recipe: int | None = None) -> list[int]:
    """Return the edges that a photo of this size gets, ascending, up to the first that is not smaller than it."""
    longest, edges = max(width, height), ladder_of(recipe).edges
    smaller = [edge for edge in edges if edge < longest]
    return [*smaller, *[edge for edge in edges if edge >= longest][:1]]


def specs_for(width: int, height: int, recipe: int | None = None) -> list[Spec]:
    """Return all still files for a photo of this upright size, small ones first, the squares last."""
    formats = ladder_of(recipe).formats
    whole = [Spec(edge, name) for edge in edges_for(width, height, recipe) for name in formats]
    return whole + [Spec(SQUARE_EDGE, name, is_square=True) for name in formats]


def quick_specs(width: int, height: int, recipe: int | None = None) -> list[Spec]:
    """Return the files to make first."""
    ladder = ladder_of(recipe)
    return [spec for spec in specs_for(width, height, recipe) if _is_quick(spec, ladder)]


def rest_specs(width: int, height: int, recipe: int | None = None) -> list[Spec]:
    """Return the files to make afterwards, in one pass. The animation is made only if the original moves."""
    quick = quick_specs(width, height, recipe)
    return [spec for spec in specs_for(width, height, recipe) if spec not in quick] + [ANIMATION]


def _is_quick(spec: Spec, ladder: Ladder) -> bool:
    return spec.format in ladder.quick_formats and (spec.is_square or spec.edge in ladder.quick_edges)


def all_quick(recipe: int | None = None) -> frozenset[Spec]:
    """Return the quick files of a photo of any size; it gets those that are also in specs_for(its size)."""
    return frozenset(quick_specs(*_LARGEST, recipe))


def all_rest(recipe: int | None = None) -> frozenset[Spec]:
    """Return the other files of a photo of any size, likewise."""
    return frozenset(rest_specs(*_LARGEST, recipe))


_LARGEST: Final = (1 << 30, 1 << 30)  # pixels: beyond every edge
QUICK: Final = all_quick()
REST: Final = all_rest()
ALL: Final = QUICK | REST


def fit(size: tuple[int, int], edge: int) -> tuple[int, int]:
    """Return `size` scaled down to a longer side of at most `edge`, in proportion. Never enlarged, never 0."""
    width, height = size
    longest = max(width, height)
    if longest <= edge:
        return width, height
    return max(1, round(width * edge / longest)), max(1, round(height * edge / longest))
