"""JPEGs as cameras write them: large, rotated by a tag, with metadata that must not be published."""

import io
from pathlib import Path

from PIL import Image, ImageOps
from PIL.Image import Exif

REAL = Path(__file__).resolve().parents[1] / "imaging" / "real"
SUFFIXES = {".jpg", ".heic", ".png", ".webp"}
MAKE, MODEL, ORIENTATION, GPS_FOLDER, SERIAL = 0x010F, 0x0110, 0x0112, 0x8825, 0xA431


def real_files() -> list[Path]:
    """Return the real files that rendering is tested with, too."""
    found = sorted(path for path in REAL.iterdir() if path.suffix in SUFFIXES)
    assert found, f"there are no photos in {REAL}"
    return found


def jpeg(
    width: int = 3000, height: int = 2000, *, orientation: int = 1, seed: int = 0, mark: int = 0
) -> bytes:
    """Return a JPEG with GPS position, serial number, comment and XMP, turned by `orientation`.

    Upright its left half is dark and its right half bright, whatever the tag says. `seed` changes the picture a little,
    `mark` its bytes only.
    """
    dark, bright = (30 + seed % 20, 60, 90), (220, 190 + seed % 20, 160)
    upright = Image.new("RGB", (width, height), dark)
    upright.paste(bright, (width // 2, 0, width, height))
    upright.paste((200, 30, 30), (0, 0, width // 8 + seed % 50, height // 8))
    exif = Exif()
    exif[MAKE], exif[MODEL], exif[ORIENTATION] = "Tessera Optics", "Mosaic One", orientation
    exif[SERIAL] = "SECRET-SERIAL-4711"
    exif.get_ifd(GPS_FOLDER).update({1: "N", 2: (48.0, 51.0, 29.0), 3: "E", 4: (2.0, 17.0, 40.0)})
    written = io.BytesIO()
    _as_stored(upright, orientation).save(
        written, "JPEG", quality=88, exif=exif, comment=b"SECRET-COMMENT %d" % mark, xmp=b"<x>SECRET-XMP</x>"
    )
    return written.getvalue()


def _as_stored(upright: Image.Image, orientation: int) -> Image.Image:
    """Return the picture turned so that its tag turns it back."""
    inverse = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}[orientation]
    tagged = upright.copy()
    tagged.getexif()[ORIENTATION] = inverse
    return ImageOps.exif_transpose(tagged)
