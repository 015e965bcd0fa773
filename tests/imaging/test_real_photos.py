"""Real files, one of each codec. Each rule here is tested elsewhere with made pictures."""

from pathlib import Path

import pytest

from photos.imaging.render import render, verify
from photos.imaging.renditions import specs_for
from photos.imaging.thumbhash import data_uri
from tests.imaging import exiftool

FOLDER = Path(__file__).parent / "real"
# Their sizes, upright.
SIZES = {
    "Portrait_3.jpg": (1200, 1800),
    "anim.webp": (245, 245),
    "iphone7_12mp_p3_gps.heic": (4032, 3024),
    "palette_trns.png": (162, 150),
}


@pytest.mark.parametrize("name", SIZES)
def test_a_real_photo_is_rendered_upright_and_complete(name: str, tmp_path: Path) -> None:
    rendered = render((FOLDER / name).read_bytes())
    assert (rendered.width, rendered.height) == SIZES[name]
    assert [r.spec for r in rendered.renditions if not r.spec.is_animated] == specs_for(
        rendered.width, rendered.height
    )
    assert rendered.notes == ()
    assert 0 < len(data_uri(rendered.thumbhash)) < 600
    for rendition in rendered.renditions:
        verify(rendition.data, rendition.spec, (rendition.width, rendition.height))
        (tmp_path / f"{rendition.spec.name}{rendition.spec.suffix}").write_bytes(rendition.data)
    for picture in exiftool.read(tmp_path):
        assert exiftool.groups(picture) <= exiftool.STRUCTURE, picture


def test_every_real_photo_is_rendered_and_its_licence_named() -> None:
    licences = (FOLDER / "LICENCES.md").read_text()
    assert {path.name for path in FOLDER.iterdir()} == {*SIZES, "LICENCES.md"}
    assert [name for name in SIZES if f"`{name}`" not in licences] == []
