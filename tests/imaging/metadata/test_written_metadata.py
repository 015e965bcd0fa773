"""Files hold nothing but pixels: marks planted in an original are searched for in every byte of every output."""

from pathlib import Path
from typing import Any

import pytest
from PIL import PngImagePlugin

from photos.imaging.render import render
from photos.imaging.results import Rendered
from tests.imaging import exiftool
from tests.imaging.pictures import ADOBE_RGB, decoded, encoded, icc_profile, quadrants, secretive_exif

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><a>Secret Xmp</a></x:xmpmeta>"
PROFILE = icc_profile(ADOBE_RGB, name=b"Secret Profile")
AVIF_BOXES = {b"ftyp", b"meta", b"mdat"}


def jpeg_with_secrets() -> bytes:
    return encoded(
        quadrants(1400, 900),
        "JPEG",
        exif=secretive_exif(),
        xmp=XMP,
        comment=b"Secret Comment <?php secret(); ?>",
        icc_profile=PROFILE,
    )


def png_with_secrets() -> bytes:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "Secret Author")
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return encoded(quadrants(), "PNG", pnginfo=texts, exif=secretive_exif(), icc_profile=PROFILE)


def with_secrets(format: str) -> bytes:  # noqa: A002 - the field's word
    options: dict[str, Any] = {"exif": secretive_exif(), "icc_profile": PROFILE}
    if format in ("WEBP", "AVIF"):
        options["xmp"] = XMP
    if format == "TIFF":
        options["tiffinfo"] = {270: "Secret Description", 700: XMP}
        del options["exif"]
    return encoded(quadrants(), format, **options)


def gif_with_secrets() -> bytes:
    return encoded(quadrants(), "GIF", comment=b"Secret Comment")


ORIGINALS = {
    "jpeg": jpeg_with_secrets(),
    "png": png_with_secrets(),
    "gif": gif_with_secrets(),
    **{name.lower(): with_secrets(name) for name in ("WEBP", "AVIF", "TIFF")},
}


@pytest.fixture(scope="module", params=ORIGINALS)
def rendered(request: pytest.FixtureRequest) -> Rendered:
    original = ORIGINALS[request.param]
    assert b"ecret" in original
    return render(original)


def test_no_planted_byte_is_in_any_output(rendered: Rendered) -> None:
    for rendition in rendered.renditions:
        for trace in (b"ecret", b"SECRET", b"Exif", b"xmp", b"ICC_PROFILE", b"GPS", b"php"):
            assert trace not in rendition.data, rendition.spec


def test_pillow_finds_nothing_in_any_output(rendered: Rendered) -> None:
    for rendition in rendered.renditions:
        picture = decoded(rendition.data)
        assert not dict(picture.getexif())
        assert not {"exif", "icc_profile", "comment", "xmp", "dpi"} & set(picture.info)


def test_outputs_consist_of_picture_chunks_only(rendered: Rendered) -> None:
    for rendition in rendered.renditions:
        if rendition.spec.format == "avif":
            assert set(avif_boxes(rendition.data)) == AVIF_BOXES
        elif rendition.spec.format == "webp":
            assert rendition.data[12:16] == b"VP8 "
            assert int.from_bytes(rendition.data[16:20], "little") + 20 in (
                len(rendition.data),
                len(rendition.data) - 1,
            )
        else:
            assert not {0xFE, *range(0xE1, 0xF0)} & set(jpeg_markers(rendition.data))


def avif_boxes(data: bytes) -> list[bytes]:
    """Return the types of the outer boxes of an AVIF, which must have one item only: its pixels."""
    boxes, position = [], 0
    while position < len(data):
        boxes.append(data[position + 4 : position + 8])
        position += int.from_bytes(data[position : position + 4], "big")
    assert data.count(b"infe") == 1
    return boxes


def jpeg_markers(data: bytes) -> list[int]:
    """Return the markers of the segments before the first scan."""
    markers, position = [], 2
    while data[position + 1] != 0xDA:
        markers.append(data[position + 1])
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return markers


def test_exiftool_finds_structure_only(tmp_path: Path) -> None:
    for name, original in ORIGINALS.items():
        for rendition in render(original).renditions:
            (tmp_path / f"{name}-{rendition.spec.name}{rendition.spec.suffix}").write_bytes(rendition.data)
    for picture in exiftool.read(tmp_path):
        assert exiftool.groups(picture) <= exiftool.STRUCTURE, picture


def test_facts_tell_the_camera_but_never_the_place() -> None:
    facts = render(jpeg_with_secrets()).facts
    assert (facts.make, facts.model) == ("SecretMake", "SecretModel")
    assert not {"gps", "location", "latitude", "serial"} & set(facts.__slots__)
