"""Convert an animated GIF, WebP or PNG to one animated WebP, within bounds of time, memory and size.

The still files show the first frame in any case. A small file can hold a hundred thousand frames, so frames are read
one after the other and counted; the number that the file claims is not used. A file that exceeds a bound has no
animated rendition.
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
MAX_PIXELS_WRITTEN: Final = 64_000_000  # all frames are in memory together; encoding takes 50 ms a million
MAX_CPU_SECONDS: Final = 8.0  # for reading; encoding takes at most half of that

_SAVED_AS: Final = {"quality": 75, "method": 2, "kmin": 3, "kmax": 30}
_SHORTEST_MS, _USUAL_MS = 20, 100  # browsers show a frame for 100 ms when it claims less than 20
_LONGEST_MS: Final = 60_000
_MOST_LOOPS: Final = 65_535

Frame = tuple[Image.Image, int]
Develop = Callable[[Image.Image], Image.Image]


class TooMuch(Exception):
    """The animation exceeds a bound; the message names it."""


def animate(data: bytes, format: Format, develop: Develop, xmp: bytes = b"") -> bytes | None:  # noqa: A002 - the field's word
    """Return an animated WebP made from a file that a decoder has opened before; None if it does not move.

    `develop` turns a stored frame into a finished picture; all come out in one size. The WebP carries `xmp`.
    Raises TooMuch.
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
    webp = _encoded(frames, loops, xmp) if len(frames) > 1 else b""
    return webp if _moves(webp) else None


def _frames(source: ImageFile.ImageFile) -> Iterator[Frame]:
    """Yield each loaded frame with its duration in milliseconds. A damaged frame ends the animation."""
    for index in range(1 if source.info.get("default_image") else 0, MAX_FRAMES + 1):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                source.seek(index)
                source.load()
        except Exception:  # noqa: BLE001 - EOFError at the end; decoders let any error of their parsers through
            return
        yield source, _milliseconds(source.info.get("duration"))


def _bounded(frames: Iterator[Frame], pixels: int, develop: Develop) -> Iterator[Frame]:
    """Yield the finished frames. Raises TooMuch as soon as they exceed a bound."""
    deadline = time.process_time() + MAX_CPU_SECONDS
    written = 0
    for count, (frame, duration) in enumerate(frames, start=1):
        finished = develop(frame)
        written += finished.width * finished.height
        for bound, is_exceeded in (
            (f"more than {MAX_FRAMES} frames", count > MAX_FRAMES),
            ("too many pixels to read", count * pixels > MAX_PIXELS_READ),
            ("too many pixels to write", written > MAX_PIXELS_WRITTEN),
            ("too much time", time.process_time() > deadline),
        ):
            if is_exceeded:
                raise TooMuch(bound)
        yield finished, duration


def _encoded(frames: list[Frame], loops: int, xmp: bytes) -> bytes:
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
    """Return whether more than one frame is left: the encoder joins frames that look alike."""
    if not data:
        return False
    with Image.open(io.BytesIO(data), formats=[ANIMATION.encoding.pillow_name]) as webp:
        return bool(getattr(webp, "is_animated", False))


def _milliseconds(claimed: object) -> int:
    if not isinstance(claimed, (int, float)) or not claimed >= _SHORTEST_MS:
        return _USUAL_MS
    return round(min(claimed, _LONGEST_MS))


def _loops(source: ImageFile.ImageFile, format: Format) -> int:  # noqa: A002 - the field's word
    """Return how often the animation plays; 0 for ever.

    A GIF counts the repetitions after the first time, and has no count when it plays once.
    """
    count = source.info.get("loop")
    if format is Format.GIF and count is None:
        return 1
    if not isinstance(count, int) or count <= 0:
        return 0
    return min(count + 1 if format is Format.GIF else count, _MOST_LOOPS)
