"""Files made to harm, and files harmed on their way: each ends in its code, quickly."""

import contextlib
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, TiffImagePlugin

from photos import jpeg
from photos.imaging import render
from photos.rejections import SENTENCES, Rejected
from tests.imaging.pictures import encoded, noise, quadrants

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF")
BASELINE = encoded(noise(301, 203), "JPEG")
WHOLE_PNG = encoded(noise(), "PNG")
PROGRESSIVE = encoded(noise(), "JPEG", progressive=True)


def code_of(data: bytes) -> str:
    with pytest.raises(Rejected) as refused:
        render(data)
    assert refused.value.sentence.endswith(".")
    return refused.value.code


def resized_header(data: bytes, width: int, height: int) -> bytes:
    """A JPEG whose header claims another size."""
    start = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2"))
    return data[: start + 5] + struct.pack(">HH", height, width) + data[start + 9 :]


def png(width: int, height: int, body: bytes = b"", extra: bytes = b"") -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def webp_bomb() -> bytes:
    """36 bytes that ask for 13,000 x 13,000 pixels."""
    canvas = (12_999).to_bytes(3, "little") * 2
    return (
        b"RIFF" + struct.pack("<I", 28) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + canvas + bytes(6)
    )


def scan_bomb() -> bytes:
    """A progressive JPEG whose last pass is repeated a hundred times."""
    last = PROGRESSIVE.rfind(b"\xff\xda")
    return PROGRESSIVE[:-2] + PROGRESSIVE[last:-2] * 100 + b"\xff\xd9"


def scan_bomb_in_disguise() -> bytes:
    """The same, with a comment in between that looks like the end of the picture."""
    last = PROGRESSIVE.rfind(b"\xff\xda")
    return PROGRESSIVE[:-2] + b"\xff\xfe\0\x06\xff\xd9\xff\xd9" + PROGRESSIVE[last:-2] * 100 + b"\xff\xd9"


def segment_bomb() -> bytes:
    return BASELINE[:2] + b"\xff\xfe\0\x02" * 10_000 + BASELINE[2:]


def tiff(tags: dict[int, object], width: int = 64) -> bytes:
    info = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in tags.items():
        info[tag] = value
    return encoded(quadrants(width, 48), "TIFF", tiffinfo=info)


def wide_tiff() -> bytes:
    """A TIFF whose width is patched to 60,000."""
    data, entry = tiff({}), struct.pack("<HHI", 256, 4, 1)
    at = data.find(entry) if entry in data else data.find(struct.pack("<HHI", 256, 3, 1))
    return data[:at] + struct.pack("<HHII", 256, 4, 1, 60_000) + data[at + 12 :]


CASES: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "empty"),
    "text": (lambda: b"I am a photo, trust me.", "not_an_image"),
    "zeros": (lambda: bytes(10_000), "not_an_image"),
    "eps named jpg": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "unsupported_format"),
    "svg": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "unsupported_format"),
    "video": (lambda: b"\0\0\0\x18ftypisom\0\0\2\0isommp42" + bytes(99), "unsupported_format"),
    "dng": (lambda: tiff({50706: b"\1\4\0\0"}), "unsupported_format"),
    "raw of a sensor": (lambda: tiff({33421: (2, 2)}), "unsupported_format"),
    "nef": (lambda: tiff({271: "NIKON CORPORATION", 330: 8}), "unsupported_format"),
    "four bytes of jpeg": (lambda: BASELINE[:4], "unreadable"),
    "header of a png": (lambda: png(64, 64)[:30], "unreadable"),
    "damaged png": (lambda: WHOLE_PNG[:5000] + bytes(500) + WHOLE_PNG[5500:], "unreadable"),
    "png without pixels": (lambda: png(64, 64), "truncated"),
    "png of no width": (lambda: png(0, 64), "unreadable"),
    "png text bomb": (
        lambda: png(64, 64, b"", chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(70_000_000)))),
        "unreadable",
    ),
    "png of 169 megapixels": (lambda: png(13_000, 13_000), "too_many_pixels"),
    "webp of 169 megapixels": (webp_bomb, "too_many_pixels"),
    "gif of 4 gigapixels": (lambda: b"GIF89a\xff\xff\xff\xff" + bytes(60), "too_many_pixels"),
    "jpeg of 4 gigapixels": (lambda: resized_header(PROGRESSIVE, 65_500, 65_500), "too_many_pixels"),
    "tiff 60,000 wide": (wide_tiff, "side_too_long"),
    "jpeg of 1 x 65,500": (lambda: resized_header(PROGRESSIVE, 1, 65_500), "side_too_long"),
    "jpeg of 100 megapixels in 60 kB": (lambda: resized_header(BASELINE, 10_000, 10_000), "truncated"),
    "one pixel": (lambda: encoded(quadrants(2, 2), "PNG"), "too_small"),
    "a thread": (lambda: encoded(Image.new("L", (10, 4_100)), "PNG"), "too_narrow"),
    "scan bomb": (scan_bomb, "too_complex"),
    "scan bomb in disguise": (scan_bomb_in_disguise, "too_complex"),
    "segment bomb": (segment_bomb, "too_complex"),
    "half a jpeg": (lambda: BASELINE[: len(BASELINE) // 2], "truncated"),
    "half a progressive jpeg": (lambda: PROGRESSIVE[: len(PROGRESSIVE) // 2], "truncated"),
    "half a webp": (lambda: encoded(noise(), "WEBP")[:2000], "truncated"),
    "half a tiff": (lambda: encoded(noise(), "TIFF")[:90_000], "truncated"),
    "avif without its end": (lambda: encoded(noise(), "AVIF")[:-50], "truncated"),
    "gif without its end": (lambda: encoded(noise(), "GIF")[:-500], "truncated"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_file_ends_in_its_code(case: str) -> None:
    make, code = CASES[case]
    assert code_of(make()) == code


def test_every_code_has_a_sentence_that_helps() -> None:
    for sentence in SENTENCES.values():
        assert sentence.endswith((".", "?"))
        assert "lease" in sentence or "needs" in sentence


def test_a_jpeg_that_only_lacks_its_end_marker_is_taken_with_a_note() -> None:
    rendered = render(BASELINE[:-2])
    assert rendered.notes == ("end marker missing",)
    assert (rendered.width, rendered.height) == (301, 203)


@pytest.mark.parametrize(
    "trailer", [b"PK\x03\x04" + bytes(999), b"<script>alert(1)</script>", b"\xff\xda" * 5000, BASELINE]
)
def test_what_is_appended_to_a_jpeg_is_dropped(trailer: bytes) -> None:
    plain, appended = render(BASELINE), render(BASELINE + trailer)
    assert [r.data for r in plain.renditions] == [r.data for r in appended.renditions]


@pytest.mark.parametrize("format", ["GIF", "WEBP", "AVIF", "PNG"])
def test_an_animation_is_its_first_frame(format: str) -> None:  # noqa: A002
    frames = [Image.new("RGB", (32, 32), color) for color in ("red", "blue", "lime")]
    rendered = render(encoded(frames[0], format, save_all=True, append_images=frames[1:], duration=50))
    assert rendered.dominant_color[1:3] > "e0"
    assert rendered.dominant_color[5:] < "30"


def test_a_tiff_of_thousands_of_pages_is_its_first_page() -> None:
    pages = [Image.new("L", (16, 16), 0)] * 2000
    rendered = render(encoded(Image.new("L", (16, 16), 255), "TIFF", save_all=True, append_images=pages))
    assert rendered.dominant_color == "#ffffff"


def test_a_multi_picture_file_is_its_main_picture() -> None:
    data = encoded(quadrants(), "MPO", save_all=True, append_images=[Image.new("RGB", (320, 240))])
    rendered = render(data)
    assert (rendered.width, rendered.height, rendered.format) == (96, 64, "JPEG")


def test_structure_tells_scans_and_the_end() -> None:
    baseline, progressive = jpeg.read_structure(BASELINE), jpeg.read_structure(PROGRESSIVE)
    assert (baseline.width, baseline.height, baseline.scans, baseline.is_sequential) == (301, 203, 1, True)
    assert progressive.scans > 5
    assert not progressive.is_sequential
    assert baseline.data_end == len(BASELINE) - 2
    assert jpeg.read_structure(BASELINE[:-2]).data_end is None


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_damaged_file_renders_or_is_rejected(format: str, data: st.DataObject) -> None:  # noqa: A002
    damaged = np.frombuffer(WHOLE[format], dtype=np.uint8).copy()
    for _ in range(data.draw(st.integers(1, 12))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged)))
    with contextlib.suppress(Rejected):
        assert render(damaged[:cut].tobytes() if cut % 3 == 0 else damaged.tobytes()).renditions


WHOLE = {name: encoded(quadrants(48, 32), name) for name in FORMATS}
