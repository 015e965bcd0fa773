"""PNG, TIFF, AVIF: bombs, broken structures and odd ways to store pixels."""

import struct
import zlib

import numpy as np
from PIL import Image, TiffImagePlugin

from tests.imaging.hostile.case import PNG, RENDERED, Table, chunk, png
from tests.imaging.pictures import encoded, noise, quadrants

AVIF = encoded(noise(64, 64), "AVIF")


def tiff(tags: dict[int, object] | None = None, image: Image.Image | None = None, **options: object) -> bytes:
    """Return a TIFF with these tags added."""
    info = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in (tags or {}).items():
        info[tag] = value
    return encoded(image or quadrants(64, 48), "TIFF", tiffinfo=info, **options)


def tiff_with(tag: int, value: int, data: bytes | None = None) -> bytes:
    """Return a TIFF in which a tag of one number has this value."""
    data = data or tiff()
    for kind in (3, 4):
        at = data.find(struct.pack("<HHI", tag, kind, 1))
        if at >= 0:
            return data[:at] + struct.pack("<HHII", tag, 4, 1, value) + data[at + 12 :]
    raise LookupError(tag)


def tiff_whose_pages_go_round() -> bytes:
    """Return a TIFF whose first page is followed by itself."""
    data = tiff()
    first = int.from_bytes(data[4:8], "little")
    tags = int.from_bytes(data[first : first + 2], "little")
    at = first + 2 + 12 * tags
    return data[:at] + struct.pack("<I", first) + data[at + 4 :]


def tiff_of_pages() -> bytes:
    pages = [Image.new("L", (16, 16), 0)] * 500
    return encoded(Image.new("L", (16, 16), 255), "TIFF", save_all=True, append_images=pages)


def avif_with_size(width: int, height: int) -> bytes:
    """Return an AVIF whose box of dimensions claims another size."""
    at = AVIF.find(b"ispe") + 8
    return AVIF[:at] + struct.pack(">II", width, height) + AVIF[at + 8 :]


def plain_png(width: int, height: int, channels: int) -> bytes:
    """Return a PNG of one colour: very many pixels in a small file."""
    rows = (bytes(1) + b"\x80" * width * channels) * (height // 10)
    squeezed = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    tenth, end = squeezed.compress(rows) + squeezed.flush(zlib.Z_FULL_FLUSH), squeezed.flush()
    checksum = 1
    for _ in range(10):
        checksum = zlib.adler32(rows, checksum)
    body = b"\x78\x01" + tenth * 10 + end + struct.pack(">I", checksum)
    kind = {1: 0, 3: 2, 4: 6}[channels]
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def rows_of(pixels: np.typing.NDArray[np.uint16]) -> bytes:
    return b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)


CASES: Table = {
    "png of a header": (lambda: PNG[:30], "unreadable"),
    "png cut in half": (lambda: PNG[: len(PNG) // 2], "truncated"),
    "png damaged in the middle": (lambda: PNG[:5000] + bytes(500) + PNG[5500:], "unreadable"),
    "png with a wrong check sum of its header": (lambda: PNG[:29] + bytes(4) + PNG[33:], "unreadable"),
    "png without pixels": (lambda: png(body=b""), "truncated"),
    "png of fewer rows than it says": (lambda: png(body=bytes(65 * 20)), RENDERED),
    "png of no width": (lambda: png(0, 64), "unreadable"),
    "png 3 bits deep": (lambda: png(depth=3), "unreadable"),
    "png of an unknown kind": (lambda: png(kind=5), "unreadable"),
    "png of 169 megapixels": (lambda: png(13_000, 13_000, body=b""), "too_many_pixels"),
    "png of 4 billion pixels a side": (lambda: png(2**31 - 1, 2**31 - 1, body=b""), "too_many_pixels"),
    "png of 119 megapixels in 0.6 MB": (lambda: plain_png(11_900, 10_000, 3), RENDERED),
    "png of 121 megapixels": (lambda: png(12_100, 10_000, body=b""), "too_many_pixels"),
    "png of 119 transparent megapixels": (lambda: plain_png(10_900, 10_900, 4), RENDERED),
    "png 50,000 high": (lambda: png(900, 50_000, body=b""), "side_too_long"),
    "png text bomb": (
        lambda: png(before=chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(70_000_000)))),
        "unreadable",
    ),
    "png profile bomb": (
        lambda: png(before=chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(70_000_000)))),
        "unreadable",
    ),
    "png with a chunk of 4 GB": (lambda: PNG[:33] + b"\xff\xff\xff\xff" + PNG[37:], RENDERED),
    "png of 60,000 texts": (lambda: png(before=chunk(b"tEXt", b"k\0v") * 60_000), RENDERED),
    "png with an unknown critical chunk": (lambda: png(before=chunk(b"CgBI", b"PHONE")), RENDERED),
    "png without an end": (lambda: png(end=b""), RENDERED),
    "png with a web page behind it": (lambda: PNG + b"<html><script>alert(1)</script>", RENDERED),
    "png with two headers": (
        lambda: png(before=chunk(b"IHDR", struct.pack(">IIBBBBB", 9000, 9000, 8, 0, 0, 0, 0))),
        "truncated",
    ),
    "png of a palette that is not there": (lambda: png(kind=3), "unreadable"),
    "png of colours beyond its palette": (
        lambda: png(kind=3, before=chunk(b"PLTE", b"\xff\0\0"), body=(b"\0" + b"\xc8" * 64) * 64),
        RENDERED,
    ),
    "png of more transparency than colours": (
        lambda: png(kind=3, before=chunk(b"PLTE", b"\xff\0\0") + chunk(b"tRNS", bytes(256))),
        RENDERED,
    ),
    "png 16 bits deep": (
        lambda: png(depth=16, body=rows_of(np.full((64, 64), 40_000, dtype=np.uint16))),
        RENDERED,
    ),
    "png 1 bit deep": (lambda: encoded(noise(65, 65).convert("1"), "PNG"), RENDERED),
    "tiff 60,000 wide": (lambda: tiff_with(256, 60_000), "side_too_long"),
    "tiff of 4 gigapixels": (lambda: tiff_with(257, 65_000, tiff_with(256, 65_000)), "too_many_pixels"),
    "tiff whose pixels lie beyond its end": (lambda: tiff_with(273, 1 << 30), "truncated"),
    "tiff of an unknown compression": (lambda: tiff_with(259, 34_999), "unreadable"),
    "tiff that says it is deflated": (lambda: tiff_with(259, 8), "unreadable"),
    "tiff of 200 samples a pixel": (lambda: tiff_with(277, 200), "unreadable"),
    "tiff whose directory is nowhere": (lambda: b"II*\0\xff\xff\xff\xff" + bytes(99), "unreadable"),
    "tiff of nothing": (lambda: b"II*\0\x08\0\0\0\0\0\0\0\0\0", "unreadable"),
    "tiff whose pages go round": (tiff_whose_pages_go_round, RENDERED),
    "tiff of 500 pages": (tiff_of_pages, RENDERED),
    "tiff of floats": (
        lambda: encoded(Image.fromarray(np.random.default_rng(1).random((40, 40), dtype=np.float32)), "TIFF"),
        RENDERED,
    ),
    "tiff of infinities": (
        lambda: encoded(Image.fromarray(np.full((40, 40), np.inf, dtype=np.float32)), "TIFF"),
        RENDERED,
    ),
    "tiff of whole numbers": (
        lambda: encoded(Image.fromarray(np.full((40, 40), 2**31 - 1, dtype=np.int32)), "TIFF"),
        RENDERED,
    ),
    "tiff of Lab": (lambda: encoded(Image.new("LAB", (40, 40), (120, 90, 200)), "TIFF"), RENDERED),
    "tiff with jpeg inside": (lambda: tiff(compression="jpeg"), RENDERED),
    "tiff with lzw inside, cut": (lambda: tiff(image=noise(), compression="tiff_lzw")[:60_000], "unreadable"),
    "avif cut": (lambda: AVIF[: len(AVIF) // 2], "unreadable"),
    "avif of its first box": (lambda: AVIF[:32], "unreadable"),
    "avif that says it has 1.6 gigapixels": (lambda: avif_with_size(40_000, 40_000), "unreadable"),
    "avif of random bits": (lambda: AVIF[:-2000] + noise(40, 40).tobytes()[:2000], RENDERED),
    "heic of a header": (
        lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(500),
        "unreadable",
    ),
}
