"""The effect of sliders and looks on colours."""

import time
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from photos.imaging import color_math
from photos.imaging.edits import GRID, Edits
from photos.imaging.looks import LOOKS, Look
from tests.imaging.edits.recipes import COLOR, LOOK, amount
from tests.imaging.pictures import noise

sliders = st.fixed_dictionaries(COLOR)
cool = st.fixed_dictionaries({name: each for name, each in COLOR.items() if name != "warmth"})


def every_grey() -> Image.Image:
    """Return a picture of all 256 greys in a row."""
    return Image.fromarray(np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2))


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return the mean difference of two pictures, of 255."""
    return float(np.abs(np.asarray(one, np.int16) - np.asarray(other, np.int16)).mean())


def test_the_table_is_laid_out_as_graphics_cards_read_it() -> None:
    table = Edits().lut()
    assert table.shape == (GRID, GRID, GRID, 3)
    assert table.dtype == np.float32
    assert table[0, 0, -1] == pytest.approx((1, 0, 0))
    assert table[-1, 0, 0] == pytest.approx((0, 0, 1))


def test_a_table_of_nothing_changes_nothing() -> None:
    steps = np.linspace(0, 1, GRID)
    assert Edits().lut()[5, 9, 21] == pytest.approx((steps[21], steps[9], steps[5]), abs=1e-6)


@given(sliders, LOOK)
def test_every_table_is_finite_and_fits_what_renderers_keep(values: dict[str, float], look: str) -> None:
    table = Edits.parse({**values, "look": look}).lut()
    assert np.isfinite(table).all()
    assert np.abs(table).max() < 2


@given(st.tuples(amount(-2, 2), amount(-2, 2)).map(sorted), amount(-1, 1), amount(-1, 1), amount(-1, 0))
def test_more_exposure_is_nowhere_darker(
    stops: list[float], contrast: float, warmth: float, saturation: float
) -> None:
    less, more = (
        Edits(exposure=each, contrast=contrast, warmth=warmth, saturation=saturation).lut() for each in stops
    )
    assert (more - less).min() >= -1e-5


@given(st.tuples(amount(-2, 2), amount(-2, 2)).map(sorted), sliders, LOOK)
def test_more_exposure_is_lighter_whatever_else_is_done(
    stops: list[float], values: dict[str, float], look: str
) -> None:
    greys = (Edits.parse({**values, "exposure": each, "look": look}).apply(every_grey()) for each in stops)
    less, more = (np.asarray(grey.convert("L"), np.int16) for grey in greys)
    assert (more - less).min() >= -1


@given(st.floats(-2, 2))
def test_the_opposite_exposure_undoes_it(stops: float) -> None:
    values = np.linspace(0, 1, 64, dtype=np.float32)
    assert color_math.expose(color_math.expose(values, stops), -stops) == pytest.approx(values, abs=2e-3)


@given(sliders)
def test_black_and_white_stay(values: dict[str, float]) -> None:
    table = Edits.parse(values).lut()
    assert table[0, 0, 0] == pytest.approx((0, 0, 0), abs=1e-4)
    assert table[-1, -1, -1] == pytest.approx((1, 1, 1), abs=1e-4)


@given(cool)
def test_neutral_greys_stay_neutral_without_warmth(values: dict[str, float]) -> None:
    greys = np.asarray(Edits.parse(values).apply(every_grey()), np.int16)
    assert (greys.max(axis=-1) - greys.min(axis=-1)).max() <= 1


@given(st.floats(0.05, 1))
def test_warmth_is_warm_and_its_opposite_cool(warmth: float) -> None:
    middle = Edits(warmth=warmth).lut()[16, 16, 16]
    assert middle[0] > middle[2]
    middle = Edits(warmth=-warmth).lut()[16, 16, 16]
    assert middle[0] < middle[2]


def test_no_saturation_is_grey() -> None:
    table = Edits(saturation=-1).lut()
    assert np.ptp(table, axis=-1).max() < 1e-5


def test_basalt_is_black_and_white() -> None:
    assert np.ptp(Edits(look="basalt").lut(), axis=-1).max() < 0.02


@pytest.mark.parametrize("look", LOOKS.values(), ids=lambda look: look.name)
def test_a_look_keeps_the_order_of_greys(look: Look) -> None:
    greys = np.asarray(Edits(look=look.name).apply(every_grey()), np.int16)
    assert np.diff(greys[0].mean(axis=-1)).min() >= -0.4


@pytest.mark.parametrize("look", LOOKS.values(), ids=lambda look: look.name)
def test_a_look_mixes_greys_to_greys(look: Look) -> None:
    rows = np.array(look.mix)
    assert rows.sum(axis=1) == pytest.approx((1, 1, 1))


def test_every_look_can_be_told_from_every_other_and_from_none() -> None:
    pictures = [Edits(look=name).apply(noise()) for name in ("", *LOOKS)]
    for place, one in enumerate(pictures):
        assert all(difference(one, other) > 4 for other in pictures[:place])


@given(sliders, st.sampled_from([*LOOKS]))
def test_clearing_a_look_brings_back_what_was_before(values: dict[str, float], look: str) -> None:
    before = Edits.parse(values)
    cleared = Edits.parse({**Edits.parse({**before.as_object(), "look": look}).as_object(), "look": ""})
    assert cleared == before


def test_sharpening_raises_edges_and_leaves_flat_parts() -> None:
    image = Image.new("RGB", (20, 20), (90, 90, 90))
    image.paste((160, 160, 160), (10, 0, 20, 20))
    sharp = np.asarray(Edits(sharpen=1).apply(image), np.int16)[10, :, 0]
    assert (sharp[2], sharp[17]) == (90, 160)
    assert sharp[9] < sharp[2]
    assert sharp[10] > sharp[17]


def test_a_whole_recipe_on_the_largest_picture_is_quick() -> None:
    edits = Edits(turns=1, straighten_degrees=3, exposure=0.3, look="gilt", sharpen=0.5)
    image = Image.new("RGB", (2048, 1536), (90, 120, 150))

    def turn_and_blur() -> None:
        image.rotate(3, Image.Resampling.BICUBIC, expand=True).filter(ImageFilter.GaussianBlur(2))

    # Measured against Pillow at the same moment: seconds depend on the machine, and on who shares it.
    ratios = [seconds(lambda: edits.apply(image)) / seconds(turn_and_blur) for _ in range(4)]
    assert min(ratios) <= 1.5


def seconds(act: Callable[[], object]) -> float:
    """Return the processor time that it takes."""
    started = time.process_time()
    act()
    return time.process_time() - started
