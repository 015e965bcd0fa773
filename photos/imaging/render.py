"""Render one original to all of its renditions. Runs in a bare child process (photos.imaging.sandbox), without Django.

The steps, in the order that is cheapest at equal quality: decode (JPEGs at a reduced scale), resize once to what the
largest file needs, convert colours to sRGB, turn upright, apply the owner's edits, make each smaller edge from the one
above it, and sharpen each.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Final, Protocol

from PIL import Image, ImageFilter

from photos.imaging import animation
from photos.imaging.color import to_eight_bits, to_srgb
from photos.imaging.decoding import Decoded, decode, upright_size
from photos.imaging.dimensions import MAX_PIXELS
from photos.imaging.encoding import BadRendition, encode, verify
from photos.imaging.metadata.credit import Credit
from photos.imaging.metadata.exif import read_facts
from photos.imaging.metadata.gps import read_place
from photos.imaging.perceptual_hash import phash
from photos.imaging.rejections import Rejected
from photos.imaging.renditions import ALL, ANIMATION, EDGES, SQUARE_EDGE, Spec, fit, specs_for
from photos.imaging.results import Facts, Rendered, RenditionBytes
from photos.imaging.smart_crop import best_square
from photos.imaging.thumbhash import dominant_color, thumbhash

__all__ = ["BadRendition", "Facts", "Rejected", "Rendered", "RenditionBytes", "render", "verify"]

# A mild kernel, as libvips and sharp use after a downscale, in half the time of an unsharp mask.
_SHARPEN: Final = ImageFilter.Kernel((3, 3), (-1, -1, -1, -1, 32, -1, -1, -1, -1), 24)
_REDUCING_GAP: Final = 2.0
_JUDGED_EDGE: Final = EDGES[0]  # hashes, the dominant colour and the square are computed from this

_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Size = tuple[int, int]
Progress = Callable[[int, int], None]
Pixels = dict[tuple[int, bool], Image.Image]  # by (edge, is_square)


class Edits(Protocol):
    """What rendering needs of photos.imaging.edits."""

    def size_after(self, size: Size, /) -> Size:
        """Return the size that an upright picture of `size` has after the edits."""
        ...

    def apply(self, image: Image.Image, /, *, size: Size | None = None) -> Image.Image:
        """Return the edited picture, in mode RGB and of this size."""
        ...


def render(
    original: bytes,
    *,
    specs: Collection[Spec] | None = None,
    edits: Edits | None = None,
    credit: Credit | None = None,
    place: str = "",
    max_pixels: int = MAX_PIXELS,
    progress: Progress | None = None,
) -> Rendered:
    """Make the files of one original: all, or those of `specs` that a photo of its size gets.

    `place` is the exactness (AREA, EXACT) with which the place is read; "" for not at all. `progress(done, total)` is
    called after each still file. Raises Rejected if the original cannot become a photo.
    """
    specs = ALL if specs is None else frozenset(specs)
    decoded = decode(
        original, edge_for=partial(_source_edge, edits=edits, specs=specs), max_pixels=max_pixels
    )
    facts, read = read_facts(decoded.image), read_place(decoded.image, place)
    size = _size_after(decoded.upright_size, edits)
    stills = [spec for spec in specs_for(*size) if spec in specs]
    base = _developed(decoded, _source_edge(decoded.upright_size, edits, specs))
    decoded.image = base  # frees the memory of the large one
    if edits is not None:
        base = edits.apply(base, size=fit(size, _largest_edge(size, specs)))
        base.info = {}
    judged, pixels = _pixels(base, size, stills)
    xmp = credit.xmp() if credit else b""
    renditions: list[RenditionBytes] = []
    for spec in stills:
        renditions.append(encode(pixels[spec.edge, spec.is_square], spec, xmp))
        if progress is not None:
            progress(len(renditions), len(stills))
    if ANIMATION in specs and edits is None:
        renditions += _animated(original, decoded, xmp)
    return Rendered(
        width=size[0],
        height=size[1],
        format=decoded.format,
        renditions=renditions,
        thumbhash=thumbhash(judged),
        dominant_color=dominant_color(judged),
        phash=phash(judged),
        facts=facts,
        place=read,
        notes=tuple(decoded.notes),
    )


def _size_after(size: Size, edits: Edits | None) -> Size:
    return size if edits is None else edits.size_after(size)


def _largest_edge(size: Size, specs: Collection[Spec]) -> int:
    """Return the longer side that a finished picture of `size` needs, so that no file of `specs` is enlarged."""
    edges = [spec.edge for spec in specs_for(*size) if spec in specs and not spec.is_square]
    if any(spec.is_square for spec in specs):
        edges.append(_scaled(max(size), SQUARE_EDGE, min(size)))
    return min(max(size), max([_JUDGED_EDGE, *edges]))


def _source_edge(size: Size, edits: Edits | None, specs: Collection[Spec]) -> int:
    """Return the longer side that the whole upright picture needs, of which edits may leave only a part."""
    after = _size_after(size, edits)
    return min(max(size), _scaled(max(size), _largest_edge(after, specs), max(after)))


def _scaled(length: int, share: int, of: int) -> int:
    return -(-length * share // of)


def _developed(decoded: Decoded, edge: int) -> Image.Image:
    """Return the picture with its longer side at most `edge`: upright, sRGB, mode RGB, without metadata."""
    image, note = _develop(decoded.image, decoded, fit(decoded.size, edge))
    if note:
        decoded.notes.append(note)
    return image


def _develop(image: Image.Image, decoded: Decoded, size: Size) -> tuple[Image.Image, str]:
    """Return a finished picture of a stored frame, and a note if its colour profile cannot be used."""
    image = to_eight_bits(image)
    if size != image.size:
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=_REDUCING_GAP)
    image, note = to_srgb(image, decoded.icc_profile)
    if decoded.orientation in _UPRIGHT:
        image = image.transpose(_UPRIGHT[decoded.orientation])
    image.info = {}  # encoders would write the comments and profiles that are in it
    return image, note


def _pixels(base: Image.Image, size: Size, stills: list[Spec]) -> tuple[Image.Image, Pixels]:
    """Return a small picture for hashes, colours and the square, and the sharpened picture of each file.

    Each edge is made from the next larger one before that is sharpened.
    """
    ladder: dict[int, Image.Image] = {}
    edges = {spec.edge for spec in stills if not spec.is_square}
    image = base
    for edge in sorted(edges | {_JUDGED_EDGE}, reverse=True):
        ladder[edge] = image = _resized(image, fit(size, edge))
    judged = ladder[_JUDGED_EDGE]
    pixels = {(edge, False): _sharpened(ladder[edge], size) for edge in edges}
    if any(spec.is_square for spec in stills):
        pixels[SQUARE_EDGE, True] = _square([*ladder.values(), base], judged, size)
    return judged, pixels


def _resized(image: Image.Image, size: Size) -> Image.Image:
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)


def _sharpened(image: Image.Image, size: Size) -> Image.Image:
    """Return the picture sharpened, unless it has its original size and lost nothing."""
    return image if image.size == size else image.filter(_SHARPEN)


def _square(ladder: list[Image.Image], judged: Image.Image, size: Size) -> Image.Image:
    """Return the most interesting square, cut from the smallest picture that has enough pixels."""
    side = min(SQUARE_EDGE, *size)
    source = min((image for image in ladder if min(image.size) >= side), key=lambda image: image.width)
    scale = min(source.size) / min(judged.size)
    left, top, _, _ = best_square(judged)
    short = min(source.size)
    left, top = min(left * scale, source.width - short), min(top * scale, source.height - short)
    box = (left, top, left + short, top + short)
    square = source.resize((side, side), Image.Resampling.LANCZOS, box=box)
    return square if short == side == min(size) else square.filter(_SHARPEN)


def _animated(original: bytes, decoded: Decoded, xmp: bytes) -> list[RenditionBytes]:
    """Return the animated file, or nothing for an original that does not move or exceeds the bounds."""
    stored_size = fit(decoded.size, ANIMATION.edge)
    try:
        data = animation.animate(
            original, decoded.format, lambda frame: _develop(frame, decoded, stored_size)[0], xmp
        )
    except animation.TooMuch as too_much:
        decoded.notes.append(f"shown without movement: {too_much}")
        return []
    size = ANIMATION.size_of(upright_size(decoded.size, decoded.orientation))
    return [RenditionBytes(ANIMATION, *size, data)] if data else []
