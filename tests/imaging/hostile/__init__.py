"""Hostile and damaged files that are built here, each with the ending that it must have."""

from tests.imaging.hostile import bitmaps, containers, jpegs, metadata, moving
from tests.imaging.hostile.case import RENDERED, Case

__all__ = ["CASES", "RENDERED", "Case"]

CASES: list[Case] = [
    Case(f"{module.__name__.rsplit('.', 1)[1]}: {name}", build, ending)
    for module in (jpegs, bitmaps, moving, metadata, containers)
    for name, (build, ending) in module.CASES.items()
]
