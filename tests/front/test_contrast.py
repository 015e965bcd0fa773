"""Words can be read in both themes: the contrast of our colour tokens, computed (WCAG 2.2, 1.4.3 and 1.4.11)."""

import math
import re
from pathlib import Path

import pytest

from config import importmap

TOKENS = (Path(importmap.__file__).resolve().parent / "static" / "css" / "base.css").read_text()
PAIR = re.compile(r"--([a-z-]+): light-dark\(oklch\(([^)]+)\), oklch\(([^)]+)\)\)")
THEMES = {
    theme: {
        name: tuple(float(part) for part in parts[place].split()) for name, *parts in PAIR.findall(TOKENS)
    }
    for place, theme in enumerate(("light", "dark"))
}
SURFACES = ("paper", "surface", "sunk")


def luminance(color: tuple[float, ...]) -> float:
    """Return the relative luminance of an OKLCH colour (lightness, chroma, hue in degrees), clipped to sRGB."""
    lightness, chroma, hue = color
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    return sum(
        w * min(1.0, max(0.0, c)) for w, c in zip((0.2126, 0.7152, 0.0722), (red, green, blue), strict=True)
    )


def contrast(theme: str, one: str, other: str) -> float:
    """Return the contrast ratio of two tokens, 1 to 21."""
    light, dark = sorted((luminance(THEMES[theme][one]), luminance(THEMES[theme][other])), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_is_21() -> None:
    assert (luminance((1, 0, 0)) + 0.05) / (luminance((0, 0, 0)) + 0.05) == pytest.approx(21, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("words", ["ink", "ink-soft", "ink-faint", "lapis", "cinnabar", "malachite"])
def test_words_can_be_read(theme: str, surface: str, words: str) -> None:
    assert contrast(theme, words, surface) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("stone", ["cinnabar", "malachite", "lapis"])
def test_words_can_be_read_on_their_own_wash(theme: str, stone: str) -> None:
    assert contrast(theme, stone, f"{stone}-wash") >= 4.5
    assert contrast(theme, "ink", f"{stone}-wash") >= 7


@pytest.mark.parametrize("theme", THEMES)
def test_a_primary_button_can_be_read(theme: str) -> None:
    assert contrast(theme, "paper", "ink") >= 7


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("surface", SURFACES)
def test_the_border_of_a_control_and_the_focus_can_be_seen(theme: str, surface: str) -> None:
    assert contrast(theme, "edge", surface) >= 3
    assert contrast(theme, "lapis", surface) >= 3
