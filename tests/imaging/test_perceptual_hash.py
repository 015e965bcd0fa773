"""Pictures that look alike have hashes that differ in few bits, others in many."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from photos.imaging.perceptual_hash import phash
from photos.imaging.render import render
from tests.imaging.hamming import distance
from tests.imaging.pictures import encoded, quadrants

signed = st.integers(-(1 << 63), (1 << 63) - 1)


def clouds(seed: int, size: tuple[int, int] = (400, 300)) -> Image.Image:
    """Return a picture with shapes of all sizes, a different one for each seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


@given(st.integers(0, 50), st.integers(40, 900), st.integers(40, 900))
def test_a_hash_fits_a_signed_bigint(seed: int, width: int, height: int) -> None:
    assert -(1 << 63) <= phash(clouds(seed, (width, height))) < 1 << 63


@pytest.mark.parametrize("seed", range(5))
def test_the_same_picture_is_near_in_any_size_format_and_light(seed: int) -> None:
    picture = clouds(seed)
    original = phash(picture)
    for changed in (
        picture.resize((200, 150), Image.Resampling.LANCZOS),
        picture.resize((333, 111)),
        picture.filter(ImageFilter.GaussianBlur(3)),
        picture.point(lambda value: min(255, round(value * 1.15))),
        picture.crop((4, 3, 396, 297)),
    ):
        assert distance(original, phash(changed)) <= 10
    for name in ("JPEG", "PNG", "WEBP", "AVIF"):
        assert distance(original, render(encoded(picture, name)).phash) <= 4


def test_different_pictures_are_far() -> None:
    hashes = [phash(clouds(seed)) for seed in range(12)]
    apart = [distance(a, b) for index, a in enumerate(hashes) for b in hashes[:index]]
    assert min(apart) > 14
    assert 26 < np.mean(apart) < 38


def test_a_mirrored_picture_is_another() -> None:
    picture = clouds(3)
    assert distance(phash(picture), phash(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT))) > 14


def test_plain_pictures_have_a_stable_hash() -> None:
    assert phash(Image.new("RGB", (10, 10), "teal")) == phash(Image.new("RGB", (500, 90), "teal"))
    assert phash(quadrants()) != phash(Image.new("RGB", (96, 64)))


@given(signed, signed)
def test_distance_counts_bits(first: int, second: int) -> None:
    assert distance(first, first) == 0
    assert distance(first, ~first) == 64
    assert 0 <= distance(first, second) == distance(second, first) <= 64
