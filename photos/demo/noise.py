"""Fractal noise that looks like clouds, stone and water, and colour helpers. Arrays of float32 from 0 to 1."""

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Plane = npt.NDArray[np.float32]
Picture = npt.NDArray[np.float32]  # height x width x 3, 0 to 1
Random = np.random.Generator


def grid(rng: Random, height: int, width: int, cells_down: float, cells_across: float) -> Plane:
    """Return smooth noise (height, width) of mean 0.5 with this number of cells down and across."""
    small = rng.random((max(2, round(cells_down) + 1), max(2, round(cells_across) + 1)), dtype=np.float32)
    image = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(image, dtype=np.float32)


def fractal(
    rng: Random, height: int, width: int, *, cells: float = 4, octaves: int = 6, stretch: float = 1
) -> Plane:
    """Return fractal noise: each octave twice as fine and half as strong. `stretch` above 1 flattens its shapes."""
    total: Any = np.zeros((height, width), dtype=np.float32)
    strength, sum_of_strengths = 1.0, 0.0
    for octave in range(octaves):
        across = cells * 2**octave
        down = across * height / width * stretch
        if octave and max(across, down) > width:
            break
        total += strength * grid(rng, height, width, down, across)
        sum_of_strengths += strength
        strength /= 2
    return stretched(total / sum_of_strengths)


def line(rng: Random, width: int, *, cells: float, octaves: int = 7, roughness: float = 0.5) -> Plane:
    """Return a line of fractal noise, such as the crest of a mountain; shape (width,)."""
    total = np.zeros(width, dtype=np.float32)
    strength = 1.0
    for octave in range(octaves):
        points = rng.random(int(cells * 2**octave) + 2, dtype=np.float32)
        where = np.linspace(0, len(points) - 1, width, dtype=np.float32)
        total += strength * np.interp(where, np.arange(len(points)), points).astype(np.float32)
        strength *= roughness
    return stretched(total)


def smooth(values: Plane) -> Plane:
    """Return a line smoothed over a sixth of its length."""
    reach = len(values) // 12
    window = np.hanning(2 * reach + 1)
    padded = np.pad(values, reach, mode="reflect", reflect_type="odd")
    return np.convolve(padded, window / window.sum(), mode="valid").astype(np.float32)


def stretched(plane: Plane) -> Plane:
    """Return the values scaled so that they span 0 to 1."""
    low, high = float(plane.min()), float(plane.max())
    return ((plane - low) / (high - low or 1)).astype(np.float32)


def smoothstep(low: float, high: float, values: Any) -> Any:
    """Return 0 below `low`, 1 above `high`, and a smooth curve between (GLSL's smoothstep)."""
    part = np.clip((values - low) / (high - low), 0, 1)
    return part * part * (3 - 2 * part)


def color(text: str) -> npt.NDArray[np.float32]:
    """Return the colour "#rrggbb" as an array of three values from 0 to 1."""
    return np.array([int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)], dtype=np.float32)


def ramp(values: Plane, colors: tuple[str, ...]) -> Picture:
    """Return a picture in which value 0 has the first colour, 1 the last, with the others evenly between."""
    stops = np.linspace(0, 1, len(colors))
    channels = np.array([color(text) for text in colors])
    mixed = [np.interp(values, stops, channels[:, i]).astype(np.float32) for i in range(3)]
    return np.stack(mixed, axis=-1)


def mix(below: Picture, above: Any, cover: Any) -> Picture:
    """Return `above` (a picture or a colour) laid over `below`; `cover` is its opacity, a number or (height, width)."""
    part = cover[..., None] if getattr(cover, "ndim", 0) == 2 else cover
    mixed: Picture = (below * (1 - part) + above * part).astype(np.float32)
    return mixed


def within(picture: Any) -> Picture:
    """Return a picture with its values clipped to 0..1."""
    cut: Picture = np.clip(picture, 0, 1).astype(np.float32)
    return cut


def axes(height: int, width: int) -> tuple[Plane, Plane]:
    """Return how far down (height, 1) and how far across (1, width) each pixel is, from 0 to 1."""
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    across = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    return down, across
