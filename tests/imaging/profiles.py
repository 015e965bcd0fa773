"""Colour spaces built from their definitions: the ICC profile of each, and its conversion to XYZ in floats."""

import itertools
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

import numpy as np
import numpy.typing as npt

from tests.imaging import pictures
from tests.imaging.difference import SRGB_TO_XYZ, lab_of_xyz

Floats = npt.NDArray[np.float64]

PROPHOTO: Final = np.array([[0.7977, 0.1352, 0.0313], [0.2880, 0.7119, 0.0001], [0.0, 0.0, 0.8249]])

# What each ink at full strength lets through of red, green and blue: cyan, magenta, yellow, black.
_INKS: Final = np.array([(0.05, 0.6, 0.85), (0.8, 0.1, 0.45), (0.97, 0.88, 0.08), (0.0, 0.0, 0.0)])
_GRID: Final = 13


@dataclass(frozen=True)
class Space:
    """A colour space: Pillow's mode, its profile, and the XYZ (D50) of values from 0 to 1 in the last axis."""

    name: str
    mode: str
    profile: bytes
    to_xyz: Callable[[Floats], Floats]


def _of_primaries(primaries: Floats, gamma: float, values: Floats) -> Floats:
    xyz: Floats = np.power(values, gamma) @ primaries.T
    return xyz


def _of_inks(values: Floats) -> Floats:
    """Return XYZ of inks: each ink absorbs its share of the light that the others left."""
    light = np.prod(1 - values[..., None] * (1 - _INKS), axis=-2)
    xyz: Floats = light @ SRGB_TO_XYZ.T
    return xyz


def _rgb(name: str, primaries: Floats, gamma: float) -> Space:
    profile = pictures.icc_profile(primaries, gamma)
    # The profile rounds gamma to 1/256.
    return Space(name, "RGB", profile, partial(_of_primaries, primaries, round(gamma * 256) / 256))


@cache
def cmyk_profile() -> bytes:
    """Return an ICC version 2 profile with a table from inks to Lab."""
    steps = np.linspace(0, 1, _GRID)
    lab = lab_of_xyz(_of_inks(np.array(list(itertools.product(steps, repeat=4)))))
    encoded = np.stack((lab[:, 0] / 100 * 0xFF00, (lab[:, 1] + 128) * 256, (lab[:, 2] + 128) * 256), axis=1)
    identity = b"".join(struct.pack(">i", 65536 * (index % 4 == 0)) for index in range(9))
    table = b"mft2" + bytes(4) + bytes((4, 3, _GRID, 0)) + identity + struct.pack(">HH", 2, 2)
    table += b"\0\0\xff\xff" * 4 + encoded.round().astype(">u2").tobytes() + b"\0\0\xff\xff" * 3
    tags = {
        b"desc": pictures.icc_text(b"inks"),
        b"wtpt": pictures.icc_xyz(0.9642, 1.0, 0.8249),
        b"A2B0": table,
    }
    return pictures.icc_file(tags, b"CMYK", device=b"prtr", connection=b"Lab ")


SPACES: Final = (
    _rgb("display-p3", pictures.DISPLAY_P3, 2.2),
    _rgb("adobe-rgb", pictures.ADOBE_RGB, 563 / 256),
    _rgb("prophoto", PROPHOTO, 1.8),
    Space("cmyk", "CMYK", cmyk_profile(), _of_inks),
)
