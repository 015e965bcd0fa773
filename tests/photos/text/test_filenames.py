"""File names of uploads are made safe to show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photos.text.filenames import display_name


@pytest.mark.parametrize(
    ("given_name", "display"),
    [
        ("IMG_0001.JPG", "IMG_0001.JPG"),
        ("C:\\Users\\ana\\Pictures\\sea.jpg", "sea.jpg"),
        ("../../etc/passwd", "passwd"),
        ("cafe\u0301.jpg", "café.jpg"),
        ("a\u00a0b  c.png", "a b c.png"),
        ("photo\u202egnp.exe", "photognp.exe"),
        ("line\r\nbreak.png", "linebreak.png"),
        ("nul\x00.png", "nul.png"),
        ("", "photo"),
        ("...", "photo"),
        (".htaccess", "htaccess"),
        ("x." + "y" * 50, "x." + "y" * 8),
        ("한강 일몰.heic", "한강 일몰.heic"),
    ],
)
def test_a_name_is_shown_without_paths_and_tricks(given_name: str, display: str) -> None:
    assert display_name(given_name) == display


@given(st.text(max_size=400))
def test_any_name_becomes_a_short_visible_one(name: str) -> None:
    display = display_name(name)
    assert 0 < len(display) <= 140
    assert display.isprintable()
    assert "/" not in display
    assert "\\" not in display
