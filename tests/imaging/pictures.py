"""Small pictures for the tests, in every format and colour space; four corner colours show how a picture is turned."""

import io
import struct
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from photos.imaging.results import Rendered, RenditionBytes

RED, GREEN, BLUE, YELLOW = (220, 40, 40), (40, 180, 60), (50, 60, 210), (230, 210, 50)
CORNERS = (RED, GREEN, BLUE, YELLOW)  # top left, top right, bottom left, bottom right
ORIENTATION_TAG = 0x0112

# What a camera has to do to a scene so that the orientation tag turns it upright again.
_STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def quadrants(width: int = 96, height: int = 64) -> Image.Image:
    """Return a picture with four quadrants in four colours."""
    image = Image.new("RGB", (width, height))
    for index, color in enumerate(CORNERS):
        left, top = index % 2 * (width // 2), index // 2 * (height // 2)
        image.paste(color, (left, top, left + width // 2, top + height // 2))
    return image


def noise(width: int = 300, height: int = 200) -> Image.Image:
    """Return a picture with detail everywhere, the same in every run."""
    pixels = np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def stored(upright: Image.Image, orientation: int) -> Image.Image:
    """Return the pixels as a camera stores them with this EXIF orientation."""
    turn = _STORED[orientation]
    return upright if turn is None else upright.transpose(turn)


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:  # noqa: A002 - the field's word
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def decoded(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def whole(rendered: Rendered) -> list[RenditionBytes]:
    """Return the renditions that show the whole picture: all but the squares."""
    return [made for made in rendered.renditions if not made.spec.is_square]


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    """Return the colours in the middle of the four quadrants."""
    width, height = image.size
    places = [(width * x // 4, height * y // 4) for y in (1, 3) for x in (1, 3)]
    return [color_at(image, place) for place in places]


def color_at(image: Image.Image, place: tuple[int, int]) -> tuple[int, ...]:
    color = image.convert("RGB").getpixel(place)
    assert isinstance(color, tuple)
    return tuple(int(value) for value in color)


def is_near(actual: tuple[int, ...], expected: tuple[int, ...], tolerance: int = 12) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(actual, expected, strict=True))


def orientation_exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    return exif


def secretive_exif() -> Image.Exif:
    """Return EXIF with everything that must never be in a public file."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "SecretMake", "SecretModel"
    exif[0x013B], exif[0x8298] = "Secret Artist", "Secret Copyright"
    exif.get_ifd(0x8769)[0xA431] = "SECRET-SERIAL-1"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)})
    return exif


# Colour profiles, built from primaries (already adapted to D50) and a gamma, as cameras embed them.
ADOBE_RGB = np.array([[0.6097, 0.2053, 0.1492], [0.3111, 0.6257, 0.0632], [0.0195, 0.0609, 0.7446]])
DISPLAY_P3 = np.array([[0.5151, 0.2920, 0.1571], [0.2412, 0.6922, 0.0666], [-0.0011, 0.0419, 0.7841]])
SRGB = np.array([[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])


def icc_profile(primaries: npt.NDArray[np.float64], gamma: float = 2.2, name: bytes = b"test") -> bytes:
    """Return an ICC version 2 matrix profile; the columns of `primaries` are the XYZ of red, green and blue."""
    curve = b"curv" + struct.pack(">IIH", 0, 1, round(gamma * 256)) + bytes(2)
    tags = {
        b"desc": icc_text(name),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": icc_xyz(0.9642, 1.0, 0.8249),
    }
    for index, letter in enumerate((b"r", b"g", b"b")):
        tags[letter + b"XYZ"] = icc_xyz(*primaries[:, index])
        tags[letter + b"TRC"] = curve
    return icc_file(tags, b"RGB ")


def icc_text(text: bytes) -> bytes:
    return b"desc" + struct.pack(">II", 0, len(text) + 1) + text + bytes(1 + 12 + 67)


def icc_xyz(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def icc_file(
    tags: dict[bytes, bytes], space: bytes, *, device: bytes = b"mntr", connection: bytes = b"XYZ "
) -> bytes:
    """Return an ICC profile of these tags, from a device's colour space to the connection space."""
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"lcms", 0x02100000, device, space, connection)
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    return head + icc_xyz(0.9642, 1.0, 0.8249)[8:] + bytes(128 - len(head) - 12) + table + body


def to_srgb(
    color: tuple[int, ...], primaries: npt.NDArray[np.float64], gamma: float = 2.2
) -> tuple[int, ...]:
    """Return a colour of such a profile in sRGB, by the formulae, without a colour library."""
    xyz = primaries @ (np.array(color) / 255) ** gamma
    linear = np.clip(np.linalg.inv(SRGB) @ xyz, 0, 1)
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return tuple(int(value) for value in np.rint(curved * 255))
