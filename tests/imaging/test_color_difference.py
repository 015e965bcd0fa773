"""Wide and printed colours look the same in our files: CIEDE2000 against a reference computed in floats."""

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from photos.imaging.color import to_srgb
from photos.imaging.render import render
from photos.imaging.renditions import FORMATS
from tests.imaging.difference import ciede2000, lab_of_srgb, lab_of_xyz, srgb_of_xyz
from tests.imaging.pictures import decoded, encoded, whole
from tests.imaging.profiles import SPACES, Space

# Sharma, Wu, Dalal: The CIEDE2000 color-difference formula, table 1 (a selection of its hard cases).
PUBLISHED = (
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0009), 7.1792),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0011), 7.2195),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((50.0, 2.5, 0.0), (56.0, -27.0, -3.0), 31.9030),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
)
spaces = pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)


@pytest.mark.parametrize(("first", "second", "expected"), PUBLISHED)
def test_the_measure_is_the_published_one(
    first: tuple[float, ...], second: tuple[float, ...], expected: float
) -> None:
    assert ciede2000(np.array(first), np.array(second)) == pytest.approx(expected, abs=1e-4)


def palette(space: Space, width: int = 300, height: int = 200) -> npt.NDArray[np.uint8]:
    """Return values of the space: hues change across, from dark to light downwards."""
    hue = np.linspace(0, 2 * np.pi, width)[None, :]
    light = np.linspace(0.08, 0.92, height)[:, None]
    shifts = np.arange(len(space.mode)) * 2 * np.pi / 3
    colors = light[..., None] + 0.3 * np.minimum(light, 1 - light)[..., None] * np.cos(
        hue[..., None] - shifts
    )
    if space.mode == "CMYK":
        colors = np.clip(1 - colors, 0, 1)
        colors[..., 3] = np.linspace(0, 0.4, height)[:, None]
    return (colors * 255).round().astype(np.uint8)


def reference(space: Space, values: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Return Lab of these values, clipped to what sRGB can show."""
    return lab_of_srgb(srgb_of_xyz(space.to_xyz(values / 255)))


def difference(
    space: Space, values: npt.NDArray[np.uint8], converted: Image.Image
) -> npt.NDArray[np.float64]:
    return ciede2000(reference(space, values), lab_of_srgb(np.asarray(converted, dtype=np.float64)))


@spaces
def test_the_palette_is_mostly_colors_that_srgb_has(space: Space) -> None:
    xyz = space.to_xyz(palette(space) / 255)
    is_kept = ciede2000(lab_of_xyz(xyz), lab_of_srgb(srgb_of_xyz(xyz))) < 0.5
    assert is_kept.mean() > 0.8


@spaces
def test_the_conversion_is_right(space: Space) -> None:
    values = palette(space)
    converted, note = to_srgb(Image.fromarray(values, space.mode), space.profile)
    assert not note
    differences = difference(space, values, converted)
    assert differences.mean() < 0.7
    assert np.percentile(differences, 99) < 2


@spaces
@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_the_files_look_like_their_original(space: Space, format: str) -> None:  # noqa: A002 - the field's word
    values = palette(space)
    options = {"quality": 95, "subsampling": 0} if format == "JPEG" else {}
    original = encoded(Image.fromarray(values, space.mode), format, icc_profile=space.profile, **options)
    made = whole(render(original))
    assert {rendition.spec.format for rendition in made} == set(FORMATS)
    for rendition in made:
        assert difference(space, values, decoded(rendition.data)).mean() < 2, rendition.spec


@spaces
def test_ignoring_the_profile_would_be_seen(space: Space) -> None:
    values = palette(space)
    wrong = Image.fromarray(values, space.mode).convert("RGB")
    assert difference(space, values, wrong).mean() > 2
