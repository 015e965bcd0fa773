"""Encoded files match their spec, and are decoded again before they are stored."""

import pytest
from PIL import Image

from photos.imaging.encoding import BadRendition, encode, verify
from photos.imaging.metadata.credit import Credit
from photos.imaging.renditions import ANIMATION, FORMATS, Spec
from tests.imaging.pictures import ADOBE_RGB, encoded, icc_profile, noise, secretive_exif

XMP = Credit(author="Ada").xmp()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("edge", [320, 2048])
def test_what_is_encoded_verifies(name: str, edge: int) -> None:
    made = encode(noise(320, 200), Spec(edge, name))
    assert (made.width, made.height) == (320, 200)
    verify(made.data, made.spec, (320, 200))


@pytest.mark.parametrize("name", FORMATS)
def test_a_credit_is_in_the_file_and_verified(name: str) -> None:
    made = encode(noise(320, 200), Spec(320, name), XMP)
    verify(made.data, made.spec, (320, 200), XMP)
    for other in (b"", Credit(author="Bob").xmp()):
        with pytest.raises(BadRendition, match="carries"):
            verify(made.data, made.spec, (320, 200), other)


@pytest.mark.parametrize("name", FORMATS)
def test_verification_refuses_what_was_not_promised(name: str) -> None:
    spec, image = Spec(320, name), noise(320, 200)
    pillow_name = spec.encoding.pillow_name
    good = encoded(image, pillow_name)
    verify(good, spec, (320, 200))
    other = encoded(image, "PNG")
    for data, size in (
        (good, (320, 201)),
        (good[: len(good) // 2], (320, 200)),
        (other, (320, 200)),
        (b"", (320, 200)),
        (encoded(image, pillow_name, exif=secretive_exif()), (320, 200)),
        (encoded(image, pillow_name, icc_profile=icc_profile(ADOBE_RGB)), (320, 200)),
    ):
        with pytest.raises(BadRendition):
            verify(data, spec, size)


@pytest.mark.parametrize("name", FORMATS)
def test_verification_refuses_grey_and_transparent_files(name: str) -> None:
    mode = "L" if name == "jpeg" else "RGBA"
    with pytest.raises(BadRendition, match=mode):
        verify(encoded(Image.new(mode, (320, 200)), name), Spec(320, name), (320, 200))


def test_verification_tells_moving_files_from_still_ones() -> None:
    still, moving = (
        encoded(noise(64, 64), "WEBP"),
        encoded(noise(64, 64), "WEBP", save_all=True, append_images=[Image.new("RGB", (64, 64))]),
    )
    verify(moving, ANIMATION, (64, 64))
    for data, spec in ((still, ANIMATION), (moving, Spec(640, "webp"))):
        with pytest.raises(BadRendition, match="frames"):
            verify(data, spec, (64, 64))
