"""Moving pictures: a GIF, animated WebP or PNG as one animated WebP, if that can be had at a bounded price.

The still files show its first frame in any case. A hundred thousand frames fit into a small file, so frames are
read one after the other and counted, never asked for their number; who exceeds the bounds stays a still.
"""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Final

from PIL import Image, ImageFile

from photos.imaging.formats import MOVING, Format
from photos.imaging.renditions import ANIMATION

MAX_FRAMES: Final = 500
MAX_CANVAS_PIXELS: Final = 16_000_000
MAX_PIXELS_READ: Final = 400_000_000
MAX_PIXELS_WRITTEN: Final = 64_000_000  # all frames are in memory together, and cost 50 ms a million
MAX_CPU_SECONDS: Final = 8.0  # for reading; writing what was read takes half of that at most

_SAVED_AS: Final = {"quality": 75, "method": 2, "kmin": 3, "kmax": 30}
_SHORTEST_MS, _USUAL_MS = 20, 100  # browsers show frames that claim to be shorter for a tenth of a second
_LONGEST_MS: Final = 60_000
_MOST_LOOPS: Final = 65_535

Frame = tuple[Image.Image, int]
Develop = Callable[[Image.Image], Image.Image]


class TooMuch(Exception):
    """The animation exceeds a bound; the message says which."""


def animate(data: bytes, format: Format, develop: Develop, xmp: bytes = b"") -> bytes | None:  # noqa: A002
    """An animated WebP of a file that is known to open; None if it does not move.

    `develop` makes a finished picture of each frame, all of one size; the file carries `xmp`. Raises TooMuch.
    """
    if format not in MOVING:
        return None
    with Image.open(io.BytesIO(data), formats=[format]) as source:
        if not getattr(source, "is_animated", False):
            return None
        if source.width * source.height > MAX_CANVAS_PIXELS:
            raise TooMuch(f"frames of {source.width}x{source.height}")
        frames = list(_bounded(_frames(source), source.width * source.height, develop))
        loops = _loops(source, format)
    written = _written(frames, loops, xmp) if len(frames) > 1 else b""
    return written if _moves(written) else None


def _frames(source: ImageFile.ImageFile) -> Iterator[Frame]:
    """Each frame, loaded, and how long it shows. A damaged frame is the end."""
    for index in range(1 if source.info.get("default_image") else 0, MAX_FRAMES + 1):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                source.seek(index)
                source.load()
        except Exception:  # noqa: BLE001 - EOFError at the end, anything before it: decoders raise as they please
            return
        yield source, _milliseconds(source.info.get("duration"))


def _bounded(frames: Iterator[Frame], pixels: int, develop: Develop) -> Iterator[Frame]:
    """The finished frames, while there are not too many."""
    deadline = time.process_time() + MAX_CPU_SECONDS
    written = 0
    for count, (frame, duration) in enumerate(frames, start=1):
        finished = develop(frame)
        written += finished.width * finished.height
        for what, is_exceeded in (
            (f"more than {MAX_FRAMES} frames", count > MAX_FRAMES),
            ("too many pixels to read", count * pixels > MAX_PIXELS_READ),
            ("too many pixels to write", written > MAX_PIXELS_WRITTEN),
            ("too much time", time.process_time() > deadline),
        ):
            if is_exceeded:
                raise TooMuch(what)
        yield finished, duration


def _written(frames: list[Frame], loops: int, xmp: bytes) -> bytes:
    pictures, durations = zip(*frames, strict=True)
    buffer = io.BytesIO()
    pictures[0].save(
        buffer,
        ANIMATION.encoding.pillow_name,
        save_all=True,
        append_images=pictures[1:],
        duration=list(durations),
        loop=loops,
        background=(255, 255, 255, 255),
        xmp=xmp,
        **_SAVED_AS,
    )
    return buffer.getvalue()


def _moves(data: bytes) -> bool:
    """Whether more than one frame is left: the encoder joins those that look alike."""
    if not data:
        return False
    with Image.open(io.BytesIO(data), formats=[ANIMATION.encoding.pillow_name]) as made:
        return bool(getattr(made, "is_animated", False))


def _milliseconds(claimed: object) -> int:
    if not isinstance(claimed, (int, float)) or not claimed >= _SHORTEST_MS:
        return _USUAL_MS
    return round(min(claimed, _LONGEST_MS))


def _loops(source: ImageFile.ImageFile, format: Format) -> int:  # noqa: A002
    """How often it plays, 0 for ever. A GIF says how often it repeats instead, and nothing for once."""
    claimed = source.info.get("loop")
    if format is Format.GIF:
        claimed = 1 if claimed is None else claimed and claimed + 1
    return min(claimed, _MOST_LOOPS) if isinstance(claimed, int) and claimed > 0 else 0
