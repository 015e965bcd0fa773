"""GIF, WebP, animated PNG: canvases without end, frames without end, frames beside the canvas."""

import struct
from typing import Any

from PIL import Image

from tests.imaging.hostile.case import RENDERED, Table
from tests.imaging.pictures import encoded, noise, quadrants

WEBP = encoded(noise(200, 100), "WEBP")
LOSSLESS = encoded(noise(64, 64), "WEBP", lossless=True)


def film(format: str, count: int, size: tuple[int, int] = (16, 16), **options: Any) -> bytes:  # noqa: A002 - the field's word
    frames = [Image.new("RGB", size, (index * 97 % 256, index * 57 % 256, 99)) for index in range(count)]
    return encoded(frames[0], format, save_all=True, append_images=frames[1:], duration=20, **options)


def gif(width: int, height: int, *blocks: bytes, end: bytes = b";") -> bytes:
    """Return a GIF of these frames, with a palette of black and white."""
    return (
        b"GIF89a"
        + struct.pack("<HHBBB", width, height, 0x80, 0, 0)
        + b"\0\0\0\xff\xff\xff"
        + b"".join(blocks)
        + end
    )


def gif_frame(left: int, top: int, width: int, height: int, data: bytes = b"\x02\x4c\x01\x00") -> bytes:
    """Return a GIF frame; the default data are one white pixel."""
    return b"," + struct.pack("<HHHHB", left, top, width, height, 0) + b"\x02" + data


def whole_frame(side: int) -> bytes:
    """Return a GIF frame that fills a square canvas with one colour, in few bytes."""
    coded = encoded(Image.new("P", (side, side)), "GIF")
    return coded[coded.rindex(b",\0\0\0\0" + struct.pack("<HH", side, side)) : -1]


def webp_canvas(width: int, height: int) -> bytes:
    """Return a WebP of 36 bytes that asks for a canvas and never draws on it."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 28) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + sides + bytes(6)


def claiming(data: bytes, size: int) -> bytes:
    """Return a WebP whose container claims another size."""
    return data[:4] + struct.pack("<I", size) + data[8:]


def doubled_canvas() -> bytes:
    """Return an animated WebP whose canvas is larger than its first frame."""
    data = film("WEBP", 3)
    at = data.find(b"VP8X") + 12
    return data[:at] + (3999).to_bytes(3, "little") * 2 + data[at + 6 :]


CASES: Table = {
    "gif of 4 gigapixels": (lambda: gif(65_535, 65_535, gif_frame(0, 0, 1, 1)), "too_many_pixels"),
    "gif whose frame is larger than its canvas": (
        lambda: gif(64, 64, gif_frame(0, 0, 65_535, 65_535)),
        "too_many_pixels",
    ),
    "gif of a header": (lambda: b"GIF89a" + bytes(7), "unreadable"),
    "gif without a frame": (lambda: gif(64, 64), "unreadable"),
    "gif that is a script": (lambda: b"GIF89a/*" + b"\x40\0\x40\0" + b"*/=1;alert(1)//" * 9, "unreadable"),
    "gif whose frame lies beside its canvas": (lambda: gif(64, 64, gif_frame(500, 500, 9, 9)), "truncated"),
    "gif of fewer pixels than it says": (lambda: gif(64, 64, gif_frame(0, 0, 64, 64)), "truncated"),
    "gif of random codes": (
        lambda: gif(64, 64, gif_frame(0, 0, 64, 64, b"\xff" + noise(9, 10).tobytes()[:255] + b"\0")),
        "truncated",
    ),
    "gif of 30,000 comments": (
        lambda: gif(64, 64, b"!\xfe\x01x\0" * 30_000) + encoded(quadrants(), "GIF"),
        "unreadable",
    ),
    "gif cut in its first frame": (lambda: encoded(noise(), "GIF")[:20_000], "truncated"),
    "gif of 3,000 frames": (lambda: film("GIF", 3_000), RENDERED),
    "gif of frames of 16 megapixels": (lambda: gif(4_100, 4_100, *[whole_frame(4_100)] * 3), RENDERED),
    "gif of 60 frames of a megapixel": (lambda: gif(1_000, 1_000, *[whole_frame(1_000)] * 60), RENDERED),
    "gif with a script behind it": (lambda: encoded(quadrants(), "GIF") + b"<script>1</script>", RENDERED),
    "webp of 169 megapixels in 36 bytes": (lambda: webp_canvas(13_000, 13_000), "too_many_pixels"),
    "webp of an empty canvas": (lambda: webp_canvas(64, 64), "unreadable"),
    "webp 16,384 a side, empty": (lambda: webp_canvas(16_384, 7_000), "unreadable"),
    "webp cut": (lambda: WEBP[: len(WEBP) // 2], "truncated"),
    "webp cut, and it says so": (
        lambda: claiming(WEBP[: len(WEBP) // 2], len(WEBP) // 2 - 8),
        "unreadable",
    ),
    "webp cut, lossless": (lambda: claiming(LOSSLESS[:3000], 2992), "unreadable"),
    "webp of a header": (lambda: b"RIFF\x04\0\0\0WEBP", "unreadable"),
    "webp of 4 GB": (lambda: claiming(WEBP, 0xFFFFFFF0), "truncated"),
    "webp with an archive behind it": (lambda: WEBP + b"PK\x03\x04" + bytes(999), RENDERED),
    "webp of 3,000 frames": (lambda: film("WEBP", 3_000), RENDERED),
    "webp whose canvas is larger than its frames": (doubled_canvas, RENDERED),
    "webp cut between frames": (
        lambda: claiming((data := film("WEBP", 200))[: len(data) // 2], len(data) // 2 - 8),
        "unreadable",
    ),
    "png of 2,000 frames": (lambda: film("PNG", 2_000), RENDERED),
    "png cut between frames": (lambda: film("PNG", 20)[:900], RENDERED),
    "avif of 40 frames": (lambda: film("AVIF", 40, (64, 64), speed=10), RENDERED),
}
