"""Names of objects. They are stored in rows and cached at the edge, so their format never changes."""

import hashlib

from photos.files import keys
from photos.imaging.renditions import ANIMATION, Spec
from sharding.rows import ids

DIGEST = hashlib.sha256(b"a picture").hexdigest()
PHOTO_ID = 123456789012345678
PID = ids.encode(PHOTO_ID)
STAMP = keys.stamp_of(DIGEST, "{}", recipe=2)


def test_an_original_is_named_by_its_bytes() -> None:
    assert keys.original_key(PHOTO_ID, DIGEST) == f"up/{PID}/{DIGEST}"


def test_a_rendition_is_named_by_its_shelf_its_stamp_and_its_spec() -> None:
    square = Spec(256, "jpeg", is_square=True)
    assert (
        keys.rendition_key(PHOTO_ID, STAMP, Spec(640, "webp"), shelf="pub") == f"pub/{PID}/{STAMP}/640.webp"
    )
    assert (
        keys.rendition_key(PHOTO_ID, STAMP, square, shelf="priv-3f9c") == f"priv/{PID}/{STAMP}-3f9c/sq256.jpg"
    )
    assert (
        keys.rendition_key(PHOTO_ID, STAMP, ANIMATION, shelf=keys.BASES)
        == f"priv/{PID}/{STAMP}-base/anim640.webp"
    )


def test_a_key_on_another_shelf_differs_in_folder_and_random_part_only() -> None:
    key = keys.rendition_key(PHOTO_ID, STAMP, Spec(640, "webp"), shelf="priv-3f9c")
    assert keys.shelf_of(key) == "priv-3f9c"
    assert keys.on_shelf(key, "pub-77") == f"pub/{PID}/{STAMP}-77/640.webp"
    assert keys.on_shelf(keys.on_shelf(key, "pub"), "priv-3f9c") == key


def test_only_the_public_folder_is_public() -> None:
    assert keys.is_public("pub-3f9c")
    assert keys.is_public(f"pub/{PID}/{STAMP}/640.webp")
    assert not keys.is_public(keys.folder_of(is_public=False))
    assert not keys.is_public(keys.BASES)


def test_a_stamp_is_sixteen_digits_of_content_recipe_edits_and_credit() -> None:
    assert hashlib.sha256(f"{DIGEST} 2 {{}}".encode()).hexdigest()[:16] == STAMP
    credited = keys.stamp_of(DIGEST, "{}", '{"author": "Alice"}', recipe=2)
    assert credited == hashlib.sha256(f'{DIGEST} 2 {{}} {{"author": "Alice"}}'.encode()).hexdigest()[:16]
