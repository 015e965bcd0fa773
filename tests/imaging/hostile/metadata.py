"""EXIF, XMP and colour profiles that lie, loop or are too large. The picture beside them is good, so it is rendered."""

import struct
import warnings

from PIL import Image, ImageCms

from tests.imaging.hostile.case import RENDERED, Table, segment, with_segments
from tests.imaging.pictures import ADOBE_RGB, encoded, icc_profile, orientation_exif, quadrants

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(12))
    + b"]><x:xmpmeta xmlns:x='adobe:ns:meta/'>&m;</x:xmpmeta>"
)


def exif(body: bytes) -> bytes:
    """Return a good JPEG with this EXIF (a TIFF)."""
    return with_segments(segment(0xE1, b"Exif\0\0" + body))


def directory(*entries: tuple[int, int, int, int], after: int = 0) -> bytes:
    """Return an EXIF directory of (tag, type, count, value or offset), with the offset of the next one."""
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + packed + struct.pack("<I", after)


def profile(body: bytes, *, total: int = 1) -> bytes:
    """Return a good JPEG with this colour profile, marked as the first of `total` parts."""
    return with_segments(segment(0xE2, b"ICC_PROFILE\0\x01" + bytes([total]) + body))


def profile_of_tags(count: int, *, offset: int = 1 << 31) -> bytes:
    """Return a profile that claims this many tags, all of them outside of it."""
    good = icc_profile(ADOBE_RGB)
    tag = b"rXYZ" + struct.pack(">II", offset, 20)
    return profile(good[:128] + struct.pack(">I", count) + tag * min(count, 2_000))


def png_with(**options: object) -> bytes:
    return encoded(quadrants(), "PNG", **options)


def random_exif(format: str) -> bytes:  # noqa: A002 - the field's word
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return encoded(quadrants(), format, exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(range(256)) * 8)


def lab_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


CASES: Table = {
    "exif of nothing": (lambda: exif(b""), RENDERED),
    "exif of nonsense": (lambda: exif(b"nonsense" * 999), RENDERED),
    "exif that leads to itself": (lambda: exif(directory((0x8769, 4, 1, 8), after=8)), RENDERED),
    "exif whose places lead to each other": (
        lambda: exif(directory((0x8825, 4, 1, 8), (0x8769, 4, 1, 8), (0xA005, 4, 1, 8))),
        RENDERED,
    ),
    "exif of offsets beyond 4 GB": (lambda: exif(directory((0x010F, 2, 0xFFFFFFFF, 0xFFFFFFF0))), RENDERED),
    "exif of a directory beyond its end": (lambda: exif(b"II*\0\xf0\xff\xff\xff"), RENDERED),
    "exif of 5,000 tags": (lambda: exif(directory(*[(tag, 3, 1, 7) for tag in range(5_000)])), RENDERED),
    "exif of fractions by zero": (lambda: exif(directory((0x829A, 5, 1, 8), (0x829D, 5, 1, 8))), RENDERED),
    "exif turned by 0": (lambda: encoded(quadrants(), "JPEG", exif=orientation_exif(0)), RENDERED),
    "exif turned by 65,535": (lambda: encoded(quadrants(), "JPEG", exif=orientation_exif(65_535)), RENDERED),
    "exif turned by text": (lambda: exif(directory((0x0112, 2, 3, 0x00007836))), RENDERED),
    "exif turned twice": (lambda: exif(directory((0x0112, 3, 1, 6), (0x0112, 3, 1, 3))), RENDERED),
    "exif with a bomb for a thumbnail": (
        lambda: exif(directory((0x0201, 4, 1, 8), (0x0202, 4, 1, 0xFFFFFFFF), after=8)),
        RENDERED,
    ),
    "exif of nonsense in a png": (lambda: random_exif("PNG"), RENDERED),
    "exif of nonsense in a webp": (lambda: random_exif("WEBP"), RENDERED),
    "exif of nonsense in an avif": (lambda: random_exif("AVIF"), RENDERED),
    "exif of 30 parts": (lambda: with_segments(*[segment(0xE1, b"Exif\0\0" + directory())] * 30), RENDERED),
    "xmp that grows a billion times": (
        lambda: with_segments(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + BOMB)),
        RENDERED,
    ),
    "photoshop resources without end": (
        lambda: with_segments(segment(0xED, b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0\xff\xff\xff\xff" * 50)),
        RENDERED,
    ),
    "profile of nonsense": (lambda: profile(b"garbage" * 99), RENDERED),
    "profile cut": (lambda: profile(icc_profile(ADOBE_RGB)[:200]), RENDERED),
    "profile of one part of nine": (lambda: profile(icc_profile(ADOBE_RGB), total=9), RENDERED),
    "profile of part none of none": (lambda: profile(icc_profile(ADOBE_RGB), total=0), RENDERED),
    "profile of 4 billion tags": (lambda: profile_of_tags(0xFFFFFFFF), RENDERED),
    "profile of tags within each other": (lambda: profile_of_tags(99, offset=128), RENDERED),
    "profile of grey on colours": (
        lambda: png_with(icc_profile=icc_profile(ADOBE_RGB).replace(b"RGB ", b"GRAY", 1)),
        RENDERED,
    ),
    "profile of inks on colours": (
        lambda: png_with(icc_profile=icc_profile(ADOBE_RGB).replace(b"RGB ", b"CMYK", 1)),
        RENDERED,
    ),
    "profile of Lab on colours": (lambda: png_with(icc_profile=lab_profile()), RENDERED),
    "profile of colours on inks": (
        lambda: encoded(quadrants().convert("CMYK"), "JPEG", icc_profile=icc_profile(ADOBE_RGB)),
        RENDERED,
    ),
    "profile without light": (
        lambda: png_with(icc_profile=icc_profile(ADOBE_RGB * 0)),
        RENDERED,
    ),
    "profile of 12 MB": (
        lambda: png_with(icc_profile=icc_profile(ADOBE_RGB) + bytes(12_000_000)),
        "unreadable",
    ),
    "comment of 65 kB": (lambda: with_segments(segment(0xFE, b"x" * 65_000)), RENDERED),
    "resolution of nothing": (lambda: encoded(Image.new("RGB", (64, 64)), "TIFF", dpi=(0, 0)), RENDERED),
}
