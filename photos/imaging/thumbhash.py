"""ThumbHash placeholders: about 21 bytes in a photo's row, decoded to a blurred picture that shows before the file.

A ThumbHash keeps the low frequencies of brightness and of two colour differences, and the aspect ratio to about a
tenth. The format is Evan Wallace's (evanw.github.io/thumbhash). Only its opaque half is implemented here.
"""

from __future__ import annotations

import base64
import io
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

Floats = npt.NDArray[np.float64]

_ANALYSED_EDGE: Final = 100
_DECODED_EDGE: Final = 32
_MOST_TERMS: Final = 7
_CHROMA_TERMS: Final = 3
_CHROMA_BOOST: Final = 1.25  # the format demands it of decoders, since quantising dulls colours
_HEADER_BYTES: Final = 5
_ALPHA_BIT: Final = 1 << 23


class NotAThumbHash(ValueError):
    """These bytes are not a ThumbHash of an opaque picture."""


def thumbhash(image: Image.Image) -> bytes:
    """Return the ThumbHash of an RGB picture of any size."""
    small = image.convert("RGB")
    small.thumbnail((_ANALYSED_EDGE, _ANALYSED_EDGE), Image.Resampling.BOX)
    red, green, blue = np.moveaxis(np.asarray(small, dtype=np.float64) / 255, 2, 0)
    longest = max(small.size)
    across, down = (max(1, round(_MOST_TERMS * side / longest)) for side in small.size)
    light = _analyse((red + green + blue) / 3, max(3, across), max(3, down))
    yellow_blue = _analyse((red + green) / 2 - blue, _CHROMA_TERMS, _CHROMA_TERMS)
    red_green = _analyse(red - green, _CHROMA_TERMS, _CHROMA_TERMS)
    return _pack(light, yellow_blue, red_green, across, down)


Channel = tuple[float, list[float], float]  # mean, the other terms scaled to 0..1, that scale


def _analyse(values: Floats, across: int, down: int) -> Channel:
    height, width = values.shape
    terms = _cosines(down, height) @ values @ _cosines(across, width).T / (width * height)
    others = [float(terms[y, x]) for x, y in _triangle(across, down)]
    scale = max((abs(term) for term in others), default=0.0)
    return float(terms[0, 0]), [0.5 + 0.5 * term / scale if scale else 0.0 for term in others], scale


def _cosines(terms: int, length: int) -> Floats:
    """Return an array (terms, length): row k is a cosine of k half waves over `length` samples."""
    return np.cos(np.pi / length * np.outer(np.arange(terms), np.arange(length) + 0.5))


def _triangle(across: int, down: int) -> list[tuple[int, int]]:
    """Return the (x, y) of the terms that are kept: low frequencies only, row by row, without the mean."""
    return [(x, y) for y in range(down) for x in range(across) if (x or y) and x * down < across * (down - y)]


def _pack(light: Channel, yellow_blue: Channel, red_green: Channel, across: int, down: int) -> bytes:
    is_landscape = across > down
    first = _steps(light[0], 63)
    first |= _steps(0.5 + 0.5 * yellow_blue[0], 63) << 6 | _steps(0.5 + 0.5 * red_green[0], 63) << 12
    first |= _steps(light[2], 31) << 18
    second = (down if is_landscape else across) | is_landscape << 15
    second |= _steps(yellow_blue[2], 63) << 3 | _steps(red_green[2], 63) << 9
    nibbles = [_steps(term, 15) for channel in (light, yellow_blue, red_green) for term in channel[1]]
    nibbles += [0] * (len(nibbles) % 2)
    body = bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True))
    return first.to_bytes(3, "little") + second.to_bytes(2, "little") + body


def _steps(value: float, most: int) -> int:
    return round(most * min(1.0, max(0.0, value)))


def decode(hash_bytes: bytes) -> Image.Image:
    """Return the blurred picture of a ThumbHash, 32 pixels on its longer side. Raises NotAThumbHash."""
    if len(hash_bytes) < _HEADER_BYTES:
        raise NotAThumbHash("too short")
    first, second = int.from_bytes(hash_bytes[:3], "little"), int.from_bytes(hash_bytes[3:5], "little")
    across, down = _terms(second)
    if first & _ALPHA_BIT or not across or not down:
        raise NotAThumbHash("has an alpha channel or no size")
    width, height = round(_DECODED_EDGE * min(1, across / down)), round(_DECODED_EDGE * min(1, down / across))
    nibbles = [nibble / 15 for byte in hash_bytes[_HEADER_BYTES:] for nibble in (byte & 15, byte >> 4)]
    channels = []
    for mean, scale, terms in (
        ((first & 63) / 63, (first >> 18 & 31) / 31, (max(3, across), max(3, down))),
        (
            (first >> 6 & 63) / 31.5 - 1,
            (second >> 3 & 63) / 63 * _CHROMA_BOOST,
            (_CHROMA_TERMS, _CHROMA_TERMS),
        ),
        (
            (first >> 12 & 63) / 31.5 - 1,
            (second >> 9 & 63) / 63 * _CHROMA_BOOST,
            (_CHROMA_TERMS, _CHROMA_TERMS),
        ),
    ):
        kept = _triangle(*terms)
        own, nibbles = nibbles[: len(kept)], nibbles[len(kept) :]
        channels.append(_synthesise(mean, scale, own, terms, (width, height)))
    return _from_channels(*channels)


def _terms(second: int) -> tuple[int, int]:
    """Return the number of cosine terms across and down. The hash stores the one of the shorter side."""
    shorter = second & 7
    return (_MOST_TERMS, shorter) if second >> 15 else (shorter, _MOST_TERMS)


def _synthesise(
    mean: float, scale: float, own: list[float], terms: tuple[int, int], size: tuple[int, int]
) -> Floats:
    kept = _triangle(*terms)
    if len(own) < len(kept):
        raise NotAThumbHash("cut short")
    across, down = terms
    weights = np.zeros((down, across))
    weights[0, 0] = mean
    for (x, y), value in zip(kept, own, strict=True):
        weights[y, x] = 2 * (value * 2 - 1) * scale
    result: Floats = _cosines(down, size[1]).T @ weights @ _cosines(across, size[0])
    return result


def _from_channels(light: Floats, yellow_blue: Floats, red_green: Floats) -> Image.Image:
    blue = light - 2 / 3 * yellow_blue
    red = (3 * light - blue + red_green) / 2
    stacked = np.stack([red, red - red_green, blue], axis=-1)
    return Image.fromarray((stacked.clip(0, 1) * 255).round().astype(np.uint8))


@lru_cache(maxsize=8192)
def data_uri(hash_bytes: bytes) -> str:
    """Return the placeholder as a `data:` URI of some 300 characters; "" for bytes that are no such hash."""
    try:
        blurred = decode(hash_bytes)
    except NotAThumbHash:
        return ""
    buffer = io.BytesIO()
    blurred.save(buffer, "WEBP", quality=60, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()


def dominant_color(image: Image.Image) -> str:
    """Return the most frequent colour of an RGB picture as #rrggbb; it shows before the placeholder is decoded."""
    small = image.resize((48, 48), Image.Resampling.BOX)
    palette = small.quantize(8, Image.Quantize.FASTOCTREE)
    index = int(np.bincount(np.asarray(palette).ravel()).argmax())
    red, green, blue = (palette.getpalette() or [])[index * 3 : index * 3 + 3]
    return f"#{red:02x}{green:02x}{blue:02x}"
