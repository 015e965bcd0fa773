"""The table of renditions, for every size there can be."""

from hypothesis import given
from hypothesis import strategies as st

from photos.renditions import EDGES, FORMATS, Spec, edges_for, fit, specs_for

sides = st.integers(1, 40_000)


@given(sides, sides, st.sampled_from(EDGES))
def test_fitting_never_enlarges_and_never_vanishes(width: int, height: int, edge: int) -> None:
    fitted = fit((width, height), edge)
    assert 1 <= fitted[0] <= width
    assert 1 <= fitted[1] <= height
    assert max(fitted) == min(edge, max(width, height))


@given(sides, sides, st.sampled_from(EDGES))
def test_fitting_keeps_the_aspect_within_a_pixel(width: int, height: int, edge: int) -> None:
    fitted = fit((width, height), edge)
    scale = max(fitted) / max(width, height)
    assert abs(fitted[0] - width * scale) <= 1
    assert abs(fitted[1] - height * scale) <= 1


@given(sides, sides, st.sampled_from(EDGES))
def test_fitting_a_turned_photo_is_turning_the_fitted_photo(width: int, height: int, edge: int) -> None:
    assert fit((height, width), edge) == fit((width, height), edge)[::-1]


@given(sides, sides)
def test_rungs_grow_strictly_and_each_is_a_larger_picture(width: int, height: int) -> None:
    edges = edges_for(width, height)
    longest = [max(fit((width, height), edge)) for edge in edges]
    assert edges == sorted(set(edges))
    assert longest == sorted(set(longest))


@given(sides, sides)
def test_the_last_rung_shows_the_photo_as_large_as_it_may(width: int, height: int) -> None:
    largest = edges_for(width, height)[-1]
    assert max(fit((width, height), largest)) == min(EDGES[-1], max(width, height))


@given(sides, sides)
def test_every_rung_comes_in_every_format(width: int, height: int) -> None:
    specs = specs_for(width, height)
    assert {(spec.edge, spec.format) for spec in specs} == {
        (edge, name) for edge in edges_for(width, height) for name in FORMATS
    }
    assert len(specs) == len(set(specs))


@given(sides, sides, sides)
def test_a_larger_photo_never_has_fewer_renditions(width: int, height: int, more: int) -> None:
    assert len(specs_for(width + more, height)) >= len(specs_for(width, height))


def test_rungs_by_example() -> None:
    assert edges_for(4032, 3024) == [320, 640, 1280, 2048]
    assert edges_for(2048, 1000) == [320, 640, 1280, 2048]
    assert edges_for(1000, 800) == [320, 640, 1280]
    assert edges_for(640, 640) == [320, 640]
    assert edges_for(320, 9) == edges_for(1, 1) == [320]
    assert fit((1000, 800), 1280) == (1000, 800)


def test_small_files_are_encoded_better_and_large_ones_progressively() -> None:
    assert [Spec(edge, "jpeg").quality for edge in EDGES] == [84, 84, 80, 80]
    assert [Spec(edge, "webp").quality for edge in EDGES] == [86, 86, 82, 82]
    assert [Spec(edge, "jpeg").is_progressive for edge in EDGES] == [False, False, True, True]


def test_each_format_has_a_content_type_and_a_suffix() -> None:
    assert (Spec(320, "jpeg").content_type, Spec(320, "jpeg").suffix) == ("image/jpeg", ".jpg")
    assert (Spec(320, "webp").content_type, Spec(320, "webp").suffix) == ("image/webp", ".webp")
