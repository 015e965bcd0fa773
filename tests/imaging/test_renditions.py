"""The table of renditions, for every possible size of a photo."""

from hypothesis import given
from hypothesis import strategies as st

from photos.imaging.renditions import (
    ALL,
    ANIMATION,
    EDGES,
    FORMATS,
    QUICK,
    REST,
    Spec,
    edges_for,
    fit,
    quick_specs,
    rest_specs,
    specs_for,
)

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
    rungs = {(spec.edge, spec.format) for spec in specs if not spec.is_square}
    assert rungs == {(edge, name) for edge in edges_for(width, height) for name in FORMATS}
    assert [spec.format for spec in specs if spec.is_square] == list(FORMATS)
    assert len(specs) == len(set(specs))


@given(sides, sides, sides)
def test_a_larger_photo_never_has_fewer_renditions(width: int, height: int, more: int) -> None:
    assert len(specs_for(width + more, height)) >= len(specs_for(width, height))


@given(sides, sides)
def test_a_square_is_square_and_never_enlarged(width: int, height: int) -> None:
    for spec in specs_for(width, height):
        if spec.is_square:
            assert spec.size_of((width, height)) == (min(256, width, height),) * 2
        else:
            assert spec.size_of((width, height)) == fit((width, height), spec.edge)


@given(sides, sides)
def test_quick_and_rest_are_all_and_nothing_twice(width: int, height: int) -> None:
    quick, rest = quick_specs(width, height), rest_specs(width, height)
    assert sorted([*quick, *rest]) == sorted([*specs_for(width, height), ANIMATION])
    assert set(quick) == QUICK & set(specs_for(width, height))
    assert set(rest) - {ANIMATION} == REST & set(specs_for(width, height))


def test_quick_is_what_shows_a_photo_first() -> None:
    assert sorted(f"{spec.name}{spec.suffix}" for spec in quick_specs(4032, 3024)) == [
        "320.jpg",
        "320.webp",
        "640.jpg",
        "640.webp",
        "sq256.jpg",
        "sq256.webp",
    ]
    assert {spec.name for spec in quick_specs(200, 100)} == {"320", "sq256"}
    assert {spec.format for spec in rest_specs(4032, 3024)} == set(FORMATS)


def test_names_and_suffixes_are_distinct() -> None:
    assert len({(spec.name, spec.suffix) for spec in ALL}) == len(ALL) == 16
    assert ANIMATION.name == "anim640"


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
    assert [Spec(edge, "avif").quality for edge in EDGES] == [68, 68, 64, 64]
    assert not Spec(2048, "avif").is_progressive
    assert [Spec(edge, "jpeg").is_progressive for edge in EDGES] == [False, False, True, True]


def test_each_format_has_a_content_type_and_a_suffix() -> None:
    assert (Spec(320, "jpeg").content_type, Spec(320, "jpeg").suffix) == ("image/jpeg", ".jpg")
    assert (Spec(320, "avif").content_type, Spec(320, "avif").suffix) == ("image/avif", ".avif")
    assert (Spec(320, "webp").content_type, Spec(320, "webp").suffix) == ("image/webp", ".webp")
