"""Hypothesis strategies for edits."""

from typing import Any

from hypothesis import strategies as st

from photos.imaging.edits import MIN_CROP, Crop, Edits
from photos.imaging.looks import LOOKS


def amount(least: float, most: float) -> st.SearchStrategy[float]:
    """Return a strategy for a slider's position; often exactly 0."""
    return st.one_of(st.just(0.0), st.floats(least, most))


@st.composite
def crops(draw: st.DrawFn) -> Crop:
    """Return a strategy for a crop as a browser sends it."""
    width, height = draw(st.floats(MIN_CROP, 1)), draw(st.floats(MIN_CROP, 1))
    return Crop(draw(st.floats(0, 1 - width)), draw(st.floats(0, 1 - height)), width, height)


GEOMETRY: dict[str, st.SearchStrategy[Any]] = {
    "turns": st.integers(0, 3),
    "is_mirrored": st.booleans(),
    "straighten_degrees": amount(-45, 45),
    "crop": st.one_of(st.just(Crop()), crops()),
}
COLOR: dict[str, st.SearchStrategy[Any]] = {
    "exposure": amount(-2, 2),
    "contrast": amount(-1, 1),
    "saturation": amount(-1, 1),
    "warmth": amount(-1, 1),
}
LOOK = st.sampled_from(["", *LOOKS])

geometries = st.builds(Edits, **GEOMETRY)
recipes = st.builds(Edits, **GEOMETRY, **COLOR, sharpen=amount(0, 1), look=LOOK)
sizes = st.tuples(st.integers(8, 400), st.integers(8, 400))
