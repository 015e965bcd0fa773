"""Author and licence are in files only if the owner wants it, and no other metadata is."""

import xml.etree.ElementTree as ET
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from photos.imaging.encoding import verify
from photos.imaging.metadata.credit import Credit
from photos.imaging.render import render
from photos.imaging.sandbox.client import run_render
from tests.imaging import exiftool
from tests.imaging.pictures import decoded, encoded, quadrants, secretive_exif

ORIGINAL = encoded(quadrants(), "JPEG", exif=secretive_exif())
CREDIT = Credit(author="Zoë <& Co>", licence="CC BY 4.0")
DC = "{http://purl.org/dc/elements/1.1/}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def xmp_lines(packet: bytes) -> dict[str, str]:
    """Return {creator, rights: text} as a reader of XMP finds them."""
    root = ET.fromstring(packet)  # noqa: S314 - made by us a line above
    return {
        name: element.text or ""
        for name in ("creator", "rights")
        for element in root.iterfind(f".//{DC}{name}//{RDF}li")
    }


def test_no_credit_is_no_packet() -> None:
    assert Credit().xmp() == Credit(" \n", "\0").xmp() == b""


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_makes_a_packet_that_reads_as_one_line(author: str, licence: str) -> None:
    packet = Credit(author, licence).xmp()
    for line in xmp_lines(packet).values() if packet else ():
        assert 0 < len(line) <= 200
        assert line == " ".join(line.split())


def test_markup_stays_text() -> None:
    assert xmp_lines(CREDIT.xmp()) == {"creator": "Zoë <& Co>", "rights": "CC BY 4.0"}


def test_every_file_carries_the_credit_and_nothing_else() -> None:
    rendered = render(ORIGINAL, credit=CREDIT)
    for made in rendered.renditions:
        verify(made.data, made.spec, (made.width, made.height), CREDIT.xmp())
        assert not dict(decoded(made.data).getexif())
        assert b"ecret" not in made.data


def test_without_a_credit_no_file_carries_one() -> None:
    assert all(b"xmp" not in made.data for made in render(ORIGINAL).renditions)


def test_a_credit_goes_through_the_sandbox() -> None:
    rendered = run_render(ORIGINAL, credit=CREDIT)
    assert all(b"CC BY 4.0" in made.data for made in rendered.renditions)


def test_exiftool_reads_author_and_licence(tmp_path: Path) -> None:
    for made in render(ORIGINAL, credit=CREDIT).renditions:
        (tmp_path / f"{made.spec.name}{made.spec.suffix}").write_bytes(made.data)
    for tags in exiftool.read(tmp_path):
        metadata = {tag: value for tag, value in tags.items() if tag.startswith(("XMP", "EXIF", "IPTC"))}
        assert metadata == {"XMP:Creator": "Zoë <& Co>", "XMP:Rights": "CC BY 4.0"}
