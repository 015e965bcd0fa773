"""Files of other kinds under any name: each is refused by its kind, and no decoder ever reads it."""

import gzip
import struct

from tests.imaging.hostile.bitmaps import tiff
from tests.imaging.hostile.case import BASELINE, PNG, Table
from tests.imaging.pictures import noise

OTHER, UNKNOWN = "unsupported_format", "not_an_image"


def starting(head: bytes) -> bytes:
    return head + bytes(2_000)


def iso_media(brand: bytes) -> bytes:
    return starting(b"\0\0\0\x18ftyp" + brand + b"\0\0\2\0isommp42")


def postscript_with_preview() -> bytes:
    """Return an EPS as DOS programs write it, with a JPEG in it."""
    return b"\xc5\xd0\xd3\xc6" + struct.pack("<IIIIII", 30, 999, 0, 0, 0, 0) + b"\xff\xff" + BASELINE


CASES: Table = {
    "nothing": (lambda: b"", "empty"),
    "one byte": (lambda: b"\xff", UNKNOWN),
    "zeros": (lambda: bytes(10_000), UNKNOWN),
    "text": (lambda: b"I am a photo, trust me.", UNKNOWN),
    "random": (lambda: b"\x01" + noise(50, 60).tobytes(), UNKNOWN),
    "a jpeg behind a byte": (lambda: b"\n" + BASELINE, UNKNOWN),
    "a png behind a form": (lambda: b"--boundary\r\nContent-Type: image/png\r\n\r\n" + PNG, UNKNOWN),
    "eps named jpg": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) run", OTHER),
    "eps with a preview": (postscript_with_preview, OTHER),
    "pdf": (lambda: b"%PDF-1.7\n" + BASELINE, OTHER),
    "svg with a script": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", OTHER),
    "svg that reads files": (
        lambda: (
            b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>'
        ),
        OTHER,
    ),
    "svg, zipped": (lambda: gzip.compress(b"<svg/>"), OTHER),
    "web page": (lambda: b"<!DOCTYPE html><script>alert(1)</script>", OTHER),
    "photoshop": (lambda: starting(b"8BPS\0\1"), OTHER),
    "gimp": (lambda: starting(b"gimp xcf file"), OTHER),
    "bmp": (lambda: starting(b"BM\x36\x10\0\0\0\0\0\0\x36\0\0\0"), OTHER),
    "icon": (lambda: starting(b"\0\0\1\0\1\0"), OTHER),
    "zip": (lambda: starting(b"PK\x03\x04"), OTHER),
    "jpeg xl": (lambda: starting(b"\xff\x0a"), OTHER),
    "jpeg xl in boxes": (lambda: starting(b"\0\0\0\x0cJXL \r\n\x87\n"), OTHER),
    "jpeg 2000": (lambda: starting(b"\0\0\0\x0cjP  \r\n\x87\n"), OTHER),
    "jpeg 2000 stream": (lambda: starting(b"\xff\x4f\xff\x51"), OTHER),
    "open exr": (lambda: starting(b"v/1\x01"), OTHER),
    "radiance": (lambda: starting(b"#?RADIANCE\n"), OTHER),
    "mp4": (lambda: iso_media(b"isom"), OTHER),
    "quicktime": (lambda: iso_media(b"qt  "), OTHER),
    "quicktime without a type": (lambda: starting(b"\0\0\0\x08wide"), OTHER),
    "avi": (lambda: starting(b"RIFF\xff\xff\0\0AVI LIST"), OTHER),
    "matroska": (lambda: starting(b"\x1aE\xdf\xa3"), OTHER),
    "sound": (lambda: starting(b"RIFF\xff\xff\0\0WAVEfmt "), UNKNOWN),
    "raw of canon, new": (lambda: iso_media(b"crx "), OTHER),
    "raw of canon": (lambda: starting(b"II*\0\x10\0\0\0CR\x02\0"), OTHER),
    "raw of fuji": (lambda: starting(b"FUJIFILMCCD-RAW "), OTHER),
    "raw of panasonic": (lambda: starting(b"IIU\0\x18\0\0\0"), OTHER),
    "raw of olympus": (lambda: starting(b"IIRO\x08\0\0\0"), OTHER),
    "raw of sigma": (lambda: starting(b"FOVb"), OTHER),
    "raw of nikon": (lambda: tiff({271: "NIKON CORPORATION", 330: 8}), OTHER),
    "raw of adobe": (lambda: tiff({50706: b"\1\4\0\0"}), OTHER),
    "raw of a sensor": (lambda: tiff({33421: (2, 2)}), OTHER),
}
