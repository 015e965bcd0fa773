"""Animations stay animated within the bounds, and become stills beyond them."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageColor

from photos.imaging import animation
from photos.imaging.render import render
from photos.imaging.renditions import ALL, ANIMATION, QUICK, REST
from photos.imaging.results import Rendered
from photos.imaging.sandbox.client import run_render
from tests.imaging.pictures import decoded, encoded, orientation_exif, quadrants

COLORS = ("red", "lime", "blue", "white")


def moving(format: str = "GIF", size: tuple[int, int] = (96, 64), count: int = 4, **options: Any) -> bytes:  # noqa: A002 - the field's word
    frames = [Image.new("RGB", size, COLORS[index % 4]) for index in range(count)]
    for index, frame in enumerate(frames):
        frame.putpixel((index % size[0], 0), (0, 0, 0))
    options = {"duration": 80, "loop": 0} | options
    return encoded(frames[0], format, save_all=True, append_images=frames[1:], **options)


def movement(rendered: Rendered) -> Image.Image:
    return Image.open(io.BytesIO(next(m.data for m in rendered.renditions if m.spec == ANIMATION)))


def frames_of(picture: Image.Image) -> list[tuple[tuple[int, ...], int]]:
    """Return (colour in the middle, duration in ms) of each frame."""
    frames = []
    for index in range(picture.n_frames):  # type: ignore[attr-defined]  # of files with frames
        picture.seek(index)
        color = picture.convert("RGB").getpixel((picture.width // 2, picture.height // 2))
        assert isinstance(color, tuple)
        frames.append((color, int(picture.info["duration"])))
    return frames


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_every_frame_is_there_in_time_and_color(format: str) -> None:  # noqa: A002 - the field's word
    picture = movement(render(moving(format, duration=[80, 120, 200, 80])))
    assert picture.size == (96, 64)
    for (color, milliseconds), name, expected in zip(
        frames_of(picture), COLORS, (80, 120, 200, 80), strict=True
    ):
        assert np.abs(np.subtract(color, ImageColor.getrgb(name))).max() < 30
        assert milliseconds == expected


def test_an_animation_is_made_smaller_but_never_larger() -> None:
    assert movement(render(moving(size=(1000, 500)))).size == (640, 320)
    assert movement(render(moving(size=(90, 30)))).size == (90, 30)


def test_a_still_of_the_first_frame_comes_beside_it() -> None:
    rendered = render(moving())
    assert rendered.dominant_color.startswith("#f")
    assert [made.spec.name for made in rendered.renditions].count("anim640") == 1
    assert ANIMATION in REST
    assert ANIMATION not in QUICK
    assert all(made.spec != ANIMATION for made in render(moving(), specs=ALL - {ANIMATION}).renditions)


@pytest.mark.parametrize(("given", "expected"), [({"loop": 0}, 0), ({"loop": 2}, 3), ({"loop": None}, 1)])
def test_a_gif_plays_as_often_as_it_did(given: dict[str, Any], expected: int) -> None:
    assert movement(render(moving(**given))).info["loop"] == expected


@pytest.mark.parametrize(("given", "expected"), [(0, 100), (10, 100), (20, 20), (655_000, 60_000)])
def test_durations_are_those_that_browsers_show(given: int, expected: int) -> None:
    assert frames_of(movement(render(moving(duration=given))))[0][1] == expected


def test_transparent_frames_are_laid_on_white() -> None:
    clear, dot = Image.new("RGBA", (64, 64), (0, 0, 0, 0)), Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    dot.paste((220, 0, 0, 255), (0, 0, 20, 20))
    data = encoded(clear, "GIF", save_all=True, append_images=[dot], duration=100, disposal=2)
    assert [color for color, _ in frames_of(movement(render(data)))] == [(255, 255, 255)] * 2


def test_frames_stand_upright() -> None:
    frames = [quadrants(80, 40), Image.new("RGB", (80, 40), "white")]
    data = encoded(
        frames[0], "WEBP", save_all=True, append_images=frames[1:], exif=orientation_exif(6).tobytes()
    )
    rendered = render(data)
    assert (rendered.width, rendered.height) == (40, 80)
    assert movement(rendered).size == (40, 80)


def test_one_frame_does_not_move() -> None:
    for data in (encoded(quadrants(), "GIF"), encoded(quadrants(), "WEBP"), encoded(quadrants(), "PNG")):
        assert all(not made.spec.is_animated for made in render(data).renditions)


def test_frames_that_are_all_alike_do_not_move() -> None:
    frame = encoded(quadrants(), "GIF")
    block = frame[frame.rindex(b",\0\0\0\0\x60\0\x40\0") : -1]
    data = frame[:-1] + block * 5 + frame[-1:]
    assert Image.open(io.BytesIO(data)).n_frames == 6  # type: ignore[attr-defined]  # of files with frames
    assert all(not made.spec.is_animated for made in run_render(data).renditions)


@pytest.mark.parametrize(
    ("bound", "value", "note"),
    [
        ("MAX_FRAMES", 3, "more than 3 frames"),
        ("MAX_CANVAS_PIXELS", 6000, "frames of 96x64"),
        ("MAX_PIXELS_READ", 20_000, "pixels to read"),
        ("MAX_PIXELS_WRITTEN", 20_000, "pixels to write"),
        ("MAX_CPU_SECONDS", -1.0, "time"),
    ],
)
def test_what_exceeds_a_bound_stands_still_with_a_note(
    bound: str, value: float, note: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(animation, bound, value)
    rendered = render(moving())
    assert all(not made.spec.is_animated for made in rendered.renditions)
    assert len(rendered.notes) == 1
    assert rendered.notes[0].startswith("shown without movement")
    assert note in rendered.notes[0]


def test_a_damaged_end_shortens_the_film() -> None:
    noisy = [Image.effect_noise((96, 64), 80).convert("RGB") for _ in range(6)]
    data = encoded(noisy[0], "GIF", save_all=True, append_images=noisy[1:], duration=50)
    rendered = render(data[: len(data) * 2 // 3])
    assert 2 <= len(frames_of(movement(rendered))) < 6


def test_a_film_goes_through_the_sandbox() -> None:
    assert len(frames_of(movement(run_render(moving(), specs=REST)))) == 4


def test_a_still_is_all_that_the_animation_carries_nothing_of() -> None:
    data = moving(comment=b"Secret Comment")
    assert b"ecret" in data
    assert all(b"ecret" not in made.data for made in render(data).renditions)
    assert "exif" not in decoded(movement_bytes(data)).info


def movement_bytes(data: bytes) -> bytes:
    return next(made.data for made in render(data).renditions if made.spec == ANIMATION)
