"""Turn a drawn picture into a camera's JPEG, with vignette, grain and EXIF."""

import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from PIL import Image
from PIL.ExifTags import IFD, Base

from photos.demo import scenes
from photos.demo.noise import Picture, Random, axes, within

LONG_EDGE = 1920
SHAPES = ((3, 2), (3, 2), (4, 3), (16, 9), (2, 3), (4, 5), (1, 1))
# Invented makers: no real camera took these.
CAMERAS = (("Obscura", "Field 35"), ("Obscura", "Pocket II"), ("Meridian", "M4"), ("Lumen", "R100"))
LENSES = (
    ("24 mm F2.8", 24),
    ("35 mm F1.8", 35),
    ("50 mm F1.4", 50),
    ("85 mm F1.8", 85),
    ("70-200 mm F4", 135),
)
QUALITY = 90


@dataclass(frozen=True)
class Shot:
    """One photograph to take: its scene, the seed of its randomness, and its date."""

    scene: str
    seed: int
    taken_at: datetime


def take(shot: Shot) -> bytes:
    """Return the file of a shot. The same shot gives the same bytes, so that filling a site twice adds nothing."""
    rng = np.random.default_rng(shot.seed)
    across, down = SHAPES[rng.integers(len(SHAPES))]
    scale = LONG_EDGE / max(across, down)
    width, height = round(across * scale), round(down * scale)
    picture = _through_lens(scenes.SCENES[shot.scene](rng, height, width), rng)
    image = Image.fromarray((picture * 255).astype(np.uint8))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY, exif=_facts(shot, rng))
    return file.getvalue()


def _through_lens(picture: Picture, rng: Random) -> Picture:
    """Return the picture with darker corners, and with a sensor's grain, which is stronger in the dark."""
    height, width = picture.shape[:2]
    down, across = axes(height, width)
    corners = 1 - rng.uniform(0.1, 0.4) * ((across - 0.5) ** 2 + (down - 0.5) ** 2)
    grain = rng.normal(0, rng.uniform(0.006, 0.018), (height, width)).astype(np.float32)
    darkness = 1.2 - picture.mean(axis=-1)
    return within(picture * corners[..., None] + (grain * darkness)[..., None])


def _facts(shot: Shot, rng: Random) -> Image.Exif:
    make, model = CAMERAS[rng.integers(len(CAMERAS))]
    lens, millimetres = LENSES[rng.integers(len(LENSES))]
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model] = make, model
    details: dict[int, Any] = exif.get_ifd(IFD.Exif)
    details[Base.DateTimeOriginal] = f"{shot.taken_at:%Y:%m:%d %H:%M:%S}"
    details[Base.OffsetTimeOriginal] = "+00:00"
    details[Base.ExposureTime] = 1 / float(rng.choice([15, 60, 125, 250, 500, 1000]))
    details[Base.FNumber] = float(rng.choice([1.8, 2.8, 4.0, 5.6, 8.0]))
    details[Base.ISOSpeedRatings] = int(rng.choice([100, 200, 400, 800, 1600]))
    details[Base.FocalLength], details[Base.LensModel] = float(millimetres), f"{make} {lens}"
    return exif


def moment(rng: Random, until: datetime, days: int) -> datetime:
    """Return a random time, in whole seconds, within the last `days` before `until`."""
    return until - timedelta(seconds=int(rng.integers(days * 86_400)))
