"""Files made to harm and files harmed on their way, built here; each with how it has to end."""

from tests.imaging.hostile import bitmaps, containers, jpegs, metadata, moving
from tests.imaging.hostile.case import RENDERED, Case

__all__ = ["CASES", "RENDERED", "Case"]

CASES: list[Case] = [
    Case(f"{module.__name__.rsplit('.', 1)[1]}: {name}", build, ending)
    for module in (jpegs, bitmaps, moving, metadata, containers)
    for name, (build, ending) in module.CASES.items()
]
