"""The table of files made from each photo. New edges and formats go here, with a higher RECIPE_VERSION."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

RECIPE_VERSION: Final = 1
EDGES: Final = (320, 640, 1280, 2048)

# Progressive costs three times the encoding for 4 % of the bytes: worth it where the bytes are many.
_PROGRESSIVE_FROM: Final = 1280
# Small pictures show the encoder's faults more, and cost few bytes.
_SMALL_BELOW: Final = 1280
_SMALL_BONUS: Final = 4


@dataclass(frozen=True, slots=True)
class Encoding:
    """One output format: what HTTP and Pillow call it, and its quality at large sizes."""

    name: str
    pillow_name: str
    content_type: str
    suffix: str
    quality: int


ENCODINGS: Final[dict[str, Encoding]] = {
    encoding.name: encoding
    for encoding in (
        Encoding("webp", "WEBP", "image/webp", ".webp", quality=82),
        Encoding("jpeg", "JPEG", "image/jpeg", ".jpg", quality=80),
    )
}
FORMATS: Final = tuple(ENCODINGS)


@dataclass(frozen=True, slots=True, order=True)
class Spec:
    """One file of a photo: at most `edge` pixels on the longer side, in `format`."""

    edge: int
    format: str

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
        return self.edge >= _PROGRESSIVE_FROM


def edges_for(width: int, height: int) -> list[int]:
    """The rungs a photo of this size gets, ascending. The first rung that holds it whole is the last."""
    longest = max(width, height)
    smaller = [edge for edge in EDGES if edge < longest]
    return [*smaller, *[edge for edge in EDGES if edge >= longest][:1]]


def specs_for(width: int, height: int) -> list[Spec]:
    """All files for a photo of this upright size, small ones first, WebP before JPEG."""
    return [Spec(edge, name) for edge in edges_for(width, height) for name in FORMATS]


def fit(size: tuple[int, int], edge: int) -> tuple[int, int]:
    """The size with its longer side at most `edge`, in proportion. Never larger than before, never 0."""
    width, height = size
    longest = max(width, height)
    if longest <= edge:
        return width, height
    return max(1, round(width * edge / longest)), max(1, round(height * edge / longest))
