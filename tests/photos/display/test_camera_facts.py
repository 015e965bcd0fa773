"""A camera's facts read as on its display."""

import pytest

from photos.display import camera_facts


def test_known_facts_are_read_in_the_order_of_a_display() -> None:
    facts = {
        "make": "NIKON CORPORATION",
        "model": "NIKON D3S",
        "exposure_seconds": 0.004,
        "f_number": 2.8,
        "iso": 400,
        "focal_length_mm": 35.0,
        "taken_at": "2019-05-04T18:30:12",
    }
    assert camera_facts.facts_to_read(facts) == [
        ("Camera", "NIKON D3S"),
        ("Exposure", "1/250 s"),
        ("Aperture", "f/2.8"),
        ("ISO", "400"),
        ("Focal length", "35 mm"),
        ("Taken", "4 May 2019, 18:30"),
    ]


def test_nothing_known_reads_as_nothing() -> None:
    assert camera_facts.facts_to_read({}) == []


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (0, ""), (-1, ""), (0.5, "0.5 s"), (30.0, "30 s"), (0.0005, "1/2000 s")],
)
def test_exposure_times_look_like_on_the_dial(seconds: float | None, text: str) -> None:
    assert camera_facts.exposure_time(seconds) == text


@pytest.mark.parametrize(
    ("make", "model", "text"),
    [
        ("Apple", "iPhone 6s", "Apple iPhone 6s"),
        ("Canon", "Canon EOS 5D", "Canon EOS 5D"),
        ("", "Pixel 4", "Pixel 4"),
        ("Kodak", "", "Kodak"),
    ],
)
def test_the_maker_is_not_said_twice(make: str, model: str, text: str) -> None:
    assert camera_facts.camera_name(make, model) == text


def test_the_film_equivalent_is_said_where_it_differs() -> None:
    assert camera_facts.focal_length(4.15, 29) == "4.15 mm (29 mm equivalent)"
    assert camera_facts.focal_length(50.0, 50) == "50 mm"
