"""Input as WebDriver describes it: the same for its classic protocol and for BiDi (https://w3.org/TR/webdriver2)."""

from collections.abc import Sequence
from typing import Any

from tests.engines.window import Point

STEP_MS = 60


def pointer(points: Sequence[Point]) -> list[dict[str, Any]]:
    """Return the actions of a mouse that presses at the first point and releases at the last one."""
    first, *others = [
        {"type": "pointerMove", "x": round(x), "y": round(y), "duration": STEP_MS} for x, y in points
    ]
    press, release = ({"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp"))
    mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}}
    return [mouse | {"actions": [first, press, *others, release]}]


def keyboard(keys: Sequence[str]) -> list[dict[str, Any]]:
    """Return the actions of a keyboard."""
    strokes = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
    return [{"type": "key", "id": "keyboard", "actions": strokes}]
