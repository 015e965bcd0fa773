"""The editor's six looks (colour filters), each named after a material of mosaics."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from photos.imaging.color_math import Colors, contrast, luma
from photos.imaging.i18n import gettext_noop

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Look:
    """A recipe for colour; its steps are applied in the order of the fields.

    `mix` is a matrix: row by row, how much of red, green and blue goes into each channel (rows sum to 1, so greys stay
    grey). `middle` lifts or lowers midtones, -1..1. `contrast` is color_math.contrast's amount. `shadows` and
    `highlights` are added to red, green and blue, fading with the square of the distance from black and from white.
    """

    name: str
    label: str
    mix: tuple[Triple, Triple, Triple]
    middle: float
    contrast: float
    shadows: Triple
    highlights: Triple

    def apply(self, colors: Colors) -> Colors:
        """Return the colours, shape (…, 3), with this look. Results may leave 0..1."""
        mixed = np.clip(np.clip(colors, 0, 1) @ np.array(self.mix, np.float32).T, 0, 1)
        mixed = contrast(mixed + self.middle * mixed * (1 - mixed), self.contrast)
        light = luma(mixed)
        tint = (
            np.array(self.shadows, np.float32) * (1 - light) ** 2
            + np.array(self.highlights, np.float32) * light**2
        )
        return mixed + tint


LOOKS: Final[dict[str, Look]] = {
    look.name: look
    for look in (
        # Glass: deep, clear, brilliant.
        Look(
            name="smalti",
            label=gettext_noop("Smalti"),
            mix=((1.24, -0.17, -0.07), (-0.08, 1.15, -0.07), (-0.06, -0.18, 1.24)),
            middle=0.05,
            contrast=0.42,
            shadows=(-0.004, 0.0, 0.016),
            highlights=(0.012, 0.006, -0.012),
        ),
        # Gold leaf: the last hour of the day.
        Look(
            name="gilt",
            label=gettext_noop("Gilt"),
            mix=((1.0, 0.1, -0.1), (0.1, 0.88, 0.02), (0.08, 0.12, 0.8)),
            middle=0.1,
            contrast=0.16,
            shadows=(0.05, 0.016, 0.018),
            highlights=(0.035, -0.022, -0.15),
        ),
        # Lime plaster: chalky, pale, without a hard edge.
        Look(
            name="plaster",
            label=gettext_noop("Plaster"),
            mix=((0.74, 0.2, 0.06), (0.1, 0.82, 0.08), (0.08, 0.2, 0.72)),
            middle=0.24,
            contrast=-0.2,
            shadows=(0.085, 0.08, 0.086),
            highlights=(-0.012, -0.02, -0.036),
        ),
        # Lapis lazuli: the blue hour, with lamps in it.
        Look(
            name="lapis",
            label=gettext_noop("Lapis"),
            mix=((1.0, 0.04, -0.04), (-0.03, 0.95, 0.08), (-0.08, 0.12, 0.96)),
            middle=-0.1,
            contrast=0.2,
            shadows=(-0.045, 0.008, 0.085),
            highlights=(-0.012, 0.0, 0.012),
        ),
        # Verdigris: copper that has been out for a century.
        Look(
            name="verdigris",
            label=gettext_noop("Verdigris"),
            mix=((0.78, 0.18, 0.04), (0.08, 0.84, 0.08), (-0.02, 0.4, 0.62)),
            middle=0.02,
            contrast=0.2,
            shadows=(0.0, 0.06, 0.05),
            highlights=(0.008, -0.008, -0.05),
        ),
        # Basalt: black and white, skies dark as behind an orange filter.
        Look(
            name="basalt",
            label=gettext_noop("Basalt"),
            mix=((0.55, 0.47, -0.02), (0.55, 0.47, -0.02), (0.55, 0.47, -0.02)),
            middle=0.0,
            contrast=0.5,
            shadows=(0.01, 0.01, 0.012),
            highlights=(0.0, 0.0, -0.006),
        ),
    )
}


def as_objects() -> list[dict[str, Any]]:
    """Return the looks as JSON objects with all their numbers, for the editor's page."""
    return [asdict(look) for look in LOOKS.values()]
