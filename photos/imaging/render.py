"""One upload in, all of its renditions out. Runs in a bare child process (photos.sandbox): no Django here.

The recipe, in the order that is cheapest at equal quality: decode (JPEGs at a reduced scale), resize once to
what the largest file needs, colours to sRGB, turn upright, apply the owner's edits, then each smaller edge from
the one above it; all sharpened.
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

# Mild, as libvips and sharp do after a downscale, and at half the price of an unsharp mask.
_SHARPEN: Final = ImageFilter.Kernel((3, 3), (-1, -1, -1, -1, 32, -1, -1, -1, -1), 24)
_REDUCING_GAP: Final = 2.0
_JUDGED_EDGE: Final = EDGES[0]  # what hashes, colours and the square are taken from

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
Pixels = dict[tuple[int, bool], Image.Image]  # of each edge; True: the square


class Edits(Protocol):
    """What rendering needs of photos.edits: a size foretold, and an upright RGB picture changed."""

    def size_after(self, size: Size, /) -> Size:
        """The size of a picture that had this one."""
        ...

    def apply(self, image: Image.Image, /, *, size: Size | None = None) -> Image.Image:
        """The edited picture, of mode RGB and of this size."""
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

    The place is read as exactly as `place` says, "" for not at all.
    `progress(done, total)` is called after each still file. Raises Rejected if it cannot become a photo.
    """
    wanted = ALL if specs is None else frozenset(specs)
    decoded = decode(
        original, edge_for=partial(_edge_needed, edits=edits, wanted=wanted), max_pixels=max_pixels
    )
    facts, found_place = read_facts(decoded.image), read_place(decoded.image, place)
    size = _size_after(decoded.upright_size, edits)
    stills = [spec for spec in specs_for(*size) if spec in wanted]
    base = _developed(decoded, _edge_needed(decoded.upright_size, edits, wanted))
    decoded.image = base  # the large one is not needed any more, its memory is
    if edits is not None:
        base = edits.apply(base, size=fit(size, _edge_wanted(size, wanted)))
        base.info = {}
    judged, pixels = _pixels(base, size, stills)
    xmp = credit.xmp() if credit else b""
    renditions: list[RenditionBytes] = []
    for spec in stills:
        renditions.append(encode(pixels[spec.edge, spec.is_square], spec, xmp))
        if progress is not None:
            progress(len(renditions), len(stills))
    if ANIMATION in wanted and edits is None:
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
        place=found_place,
        notes=tuple(decoded.notes),
    )


def _size_after(size: Size, edits: Edits | None) -> Size:
    return size if edits is None else edits.size_after(size)


def _edge_wanted(size: Size, wanted: Collection[Spec]) -> int:
    """How long the longer side of a finished picture of `size` must be, so that nothing wanted is enlarged."""
    edges = [spec.edge for spec in specs_for(*size) if spec in wanted and not spec.is_square]
    if any(spec.is_square for spec in wanted):
        edges.append(_scaled(max(size), SQUARE_EDGE, min(size)))
    return min(max(size), max([_JUDGED_EDGE, *edges]))


def _edge_needed(size: Size, edits: Edits | None, wanted: Collection[Spec]) -> int:
    """The same for the whole upright picture, of which edits may leave only a part."""
    after = _size_after(size, edits)
    return min(max(size), _scaled(max(size), _edge_wanted(after, wanted), max(after)))


def _scaled(length: int, share: int, of: int) -> int:
    return -(-length * share // of)


def _developed(decoded: Decoded, edge: int) -> Image.Image:
    """The picture with its longer side at most `edge`: upright, sRGB, mode RGB, nothing but pixels."""
    image, note = _develop(decoded.image, decoded, fit(decoded.size, edge))
    if note:
        decoded.notes.append(note)
    return image


def _develop(image: Image.Image, decoded: Decoded, size: Size) -> tuple[Image.Image, str]:
    """One frame, as stored, made a finished picture; and a note if its colour profile was of no use."""
    image = to_eight_bits(image)
    if size != image.size:
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=_REDUCING_GAP)
    image, note = to_srgb(image, decoded.icc_profile)
    if decoded.orientation in _UPRIGHT:
        image = image.transpose(_UPRIGHT[decoded.orientation])
    image.info = {}  # encoders write comments and profiles that they find here
    return image, note


def _pixels(base: Image.Image, size: Size, stills: list[Spec]) -> tuple[Image.Image, Pixels]:
    """A small picture to judge by, and the sharpened picture of each file.

    Each edge is made from the next larger one before that was sharpened.
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
    """Sharper, if it lost anything by being made smaller."""
    return image if image.size == size else image.filter(_SHARPEN)


def _square(ladder: list[Image.Image], judged: Image.Image, size: Size) -> Image.Image:
    """The square around what catches the eye, from the smallest picture that has the pixels."""
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
    """The moving file of an original that moves, unless it is too much of it."""
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
