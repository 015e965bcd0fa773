"""The edits of a photo: a small recipe that is stored beside the original and applied at each rendering.

Order: geometry in one transform (turn, mirror, straighten, crop), colour in one 3D table (exposure and warmth,
contrast, saturation, look), sharpening. The browser previews with the same order and formulae (static/photos/js/edit).
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, fields
from typing import Any, Final, NamedTuple

import numpy as np
from PIL import Image, ImageFilter

from photos.imaging import color_math
from photos.imaging.color_math import Colors
from photos.imaging.i18n import gettext_noop
from photos.imaging.looks import LOOKS

VERSION: Final = 1
GRID: Final = 33  # points of the colour table along each channel
MIN_CROP: Final = 0.02

_RANGES: Final = {
    "straighten_degrees": (-45.0, 45.0),
    "exposure": (-2.0, 2.0),
    "contrast": (-1.0, 1.0),
    "saturation": (-1.0, 1.0),
    "warmth": (-1.0, 1.0),
    "sharpen": (0.0, 1.0),
}
_DECIMALS: Final = 3
_CROP_DECIMALS: Final = 5
_ABSURD: Final = 1e6
_SHARPEN_MOST: Final = 1 / 6  # weight that full sharpening takes from each of the eight neighbours
_TURNED: Final = {
    1: Image.Transpose.ROTATE_270,  # Pillow turns anticlockwise
    2: Image.Transpose.ROTATE_180,
    3: Image.Transpose.ROTATE_90,
}
Size = tuple[int, int]


class BadEdits(ValueError):
    """These edits cannot be applied; the message is a sentence for their author."""

    @property
    def sentence(self) -> str:
        """The message."""
        return str(self)


class Crop(NamedTuple):
    """The part that is kept, in fractions of the turned and straightened frame."""

    x: float = 0.0
    y: float = 0.0
    width: float = 1.0
    height: float = 1.0


WHOLE: Final = Crop()


@dataclass(frozen=True, slots=True)
class Edits:
    """One recipe. Values are checked and rounded when it is made, so equal recipes are equal in every form.

    `turns` are quarter turns clockwise, then comes the mirror (left to right), then straightening (degrees clockwise),
    which leaves the largest upright frame of the photo's proportions that lies wholly inside it; `crop` is a part of
    that frame. Exposure is in stops, the other amounts go from -1 or 0 to 1. Raises BadEdits.
    """

    version: int = VERSION
    turns: int = 0
    is_mirrored: bool = False
    straighten_degrees: float = 0.0
    crop: Crop = WHOLE
    exposure: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    warmth: float = 0.0
    sharpen: float = 0.0
    look: str = ""

    def __post_init__(self) -> None:
        """Check and round every value."""
        if type(self.version) is not int or self.version != VERSION:
            raise BadEdits(gettext_noop("These edits were made with another version of the editor."))
        if type(self.turns) is not int or not 0 <= self.turns < 4:
            raise BadEdits(gettext_noop("A photo can be turned by 0 to 3 quarters."))
        if not isinstance(self.is_mirrored, bool):
            raise BadEdits(gettext_noop("A photo can be mirrored or not."))
        if self.look not in ("", *LOOKS):
            raise BadEdits(gettext_noop("There is no such look."))
        for name, (least, most) in _RANGES.items():
            value = _number(getattr(self, name), name)
            if not least <= value <= most:
                raise BadEdits(f"{_words(name)} goes from {least:g} to {most:g}.")
            object.__setattr__(self, name, round(value, _DECIMALS) + 0.0)  # no negative zero
        object.__setattr__(self, "crop", _checked(self.crop))

    @classmethod
    def parse(cls, value: object) -> Edits:
        """Read edits from a JSON object, or from its text. Raises BadEdits."""
        if isinstance(value, str | bytes):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError) as error:
                raise BadEdits(gettext_noop("These edits cannot be read.")) from error
        if not isinstance(value, dict):
            raise BadEdits(gettext_noop("Edits must be an object of names and values."))
        unknown = set(value) - {field.name for field in fields(cls)}
        if unknown:
            raise BadEdits(gettext_noop("These edits contain something that we do not know."))
        return cls(**value)

    def as_object(self) -> dict[str, Any]:
        """Return the JSON object: only what differs from an untouched photo."""
        values = {field.name: (getattr(self, field.name), field.default) for field in fields(self)}
        return {name: _plain(value) for name, (value, default) in values.items() if value != default}

    def as_json(self) -> str:
        """Return the canonical text: equal edits give equal text, an untouched photo gives "{}"."""
        return json.dumps(self.as_object(), sort_keys=True, separators=(",", ":"))

    def digest(self) -> str:
        """Return 12 hex digits that stand for these edits; "" for an untouched photo."""
        return "" if self.is_identity else hashlib.sha256(self.as_json().encode()).hexdigest()[:12]

    @property
    def is_identity(self) -> bool:
        """Whether these edits change nothing."""
        return self == Edits()

    @property
    def is_recoloring(self) -> bool:
        """Whether any colour changes."""
        return bool(self.exposure or self.contrast or self.saturation or self.warmth or self.look)

    def size_after(self, size: Size) -> Size:
        """Return the size in pixels that an upright picture of `size` has after these edits."""
        width, height = self._frame(size)
        return max(1, round(width * self.crop.width)), max(1, round(height * self.crop.height))

    def apply(self, image: Image.Image, *, size: Size | None = None) -> Image.Image:
        """Return an upright sRGB picture (mode RGB) with these edits, at `size`, by default `size_after`."""
        edited = self._shaped(image, size or self.size_after(image.size))
        if self.is_recoloring:
            edited = edited.filter(ImageFilter.Color3DLUT(GRID, self.lut().reshape(-1)))
        if self.sharpen:
            taken = self.sharpen * _SHARPEN_MOST
            edited = edited.filter(
                ImageFilter.Kernel((3, 3), [-taken] * 4 + [1 + 8 * taken] + [-taken] * 4, 1)
            )
        return edited

    def lut(self) -> Colors:
        """Return the colour table, float32 (33, 33, 33, 3): `lut[blue, green, red]`, as graphics cards read it.

        Values may leave 0..1, so that greys stay grey; clip after interpolating.
        """
        steps = np.linspace(0, 1, GRID, dtype=np.float32)
        each = np.repeat(steps[:, None], 3, axis=1)
        if self.exposure or self.warmth:
            each = color_math.warm(each, self.exposure, self.warmth)
        each = color_math.contrast(each, self.contrast)
        blue, green, red = np.meshgrid(each[:, 2], each[:, 1], each[:, 0], indexing="ij")
        colors = color_math.saturate(np.stack([red, green, blue], axis=-1), self.saturation)
        return LOOKS[self.look].apply(colors) if self.look else colors

    def _frame(self, size: Size) -> tuple[float, float]:
        """Return (width, height) of the straightened frame, in pixels of the picture."""
        width, height = size[::-1] if self.turns % 2 else size
        angle = math.radians(abs(self.straighten_degrees))
        cos, sin = math.cos(angle), math.sin(angle)
        share = min(width / (width * cos + height * sin), height / (width * sin + height * cos))
        return width * share, height * share

    def _shaped(self, image: Image.Image, size: Size) -> Image.Image:
        if self.straighten_degrees:
            return image.transform(
                size, Image.Transform.AFFINE, self._affine(image.size, size), Image.Resampling.BICUBIC
            )
        if self.turns:
            image = image.transpose(_TURNED[self.turns])
        if self.is_mirrored:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if size == self.size_after(image.size[::-1] if self.turns % 2 else image.size):
            left = min(round(self.crop.x * image.width), image.width - size[0])
            top = min(round(self.crop.y * image.height), image.height - size[1])
            return image.crop((left, top, left + size[0], top + size[1]))
        x, y, width, height = self.crop
        box = (x * image.width, y * image.height, (x + width) * image.width, (y + height) * image.height)
        return image.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=2.0)

    def _affine(self, source: Size, size: Size) -> tuple[float, ...]:
        """Return the six numbers of the affine transform from a pixel of the result to its place in the source."""
        frame_width, frame_height = self._frame(source)
        angle = math.radians(self.straighten_degrees)
        cos, sin = math.cos(angle), math.sin(angle)
        rows = [[cos, sin], [-sin, cos]]  # out of the straightened frame
        if self.is_mirrored:
            rows[0] = [-cos, -sin]
        for _ in range(self.turns):
            rows = [rows[1], [-rows[0][0], -rows[0][1]]]
        across, down = frame_width * self.crop.width / size[0], frame_height * self.crop.height / size[1]
        left, top = (self.crop.x - 0.5) * frame_width, (self.crop.y - 0.5) * frame_height
        numbers: list[float] = []
        for (by_x, by_y), middle in zip(rows, (source[0] / 2, source[1] / 2), strict=True):
            numbers += [by_x * across, by_y * down, by_x * left + by_y * top + middle]
        return tuple(numbers)


def _number(value: Any, name: str) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not abs(value) < _ABSURD:  # neither infinite nor NaN
        raise BadEdits(f"{_words(name)} is a number.")
    return float(value)


def _checked(crop: object) -> Crop:
    if not isinstance(crop, list | tuple) or len(crop) != len(WHOLE):
        raise BadEdits(gettext_noop("A crop must be four numbers: x, y, width and height."))
    x, y, width, height = (round(_number(value, "crop"), _CROP_DECIMALS) + 0.0 for value in crop)
    if min(x, y) < 0 or min(width, height) < MIN_CROP or max(x + width, y + height) > 1.0001:
        raise BadEdits(gettext_noop("The crop is not within the photo."))
    # Rounding may have pushed the far edges out of the frame: pull them back.
    width, height = (
        round(min(length, 1 - start), _CROP_DECIMALS) for length, start in ((width, x), (height, y))
    )
    return Crop(x, y, width, height)


def _plain(value: Any) -> Any:
    if isinstance(value, Crop):
        return [_plain(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _words(name: str) -> str:
    return name.removesuffix("_degrees").capitalize()
