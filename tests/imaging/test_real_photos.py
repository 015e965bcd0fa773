"""Real camera files, if there are any. Each rule here is tested elsewhere with made pictures, too."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from photos.imaging.render import render, verify
from photos.imaging.renditions import specs_for
from photos.imaging.results import Rendered
from photos.imaging.thumbhash import data_uri
from tests.imaging.metadata.test_written_metadata import STRUCTURE

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "photos"
PHOTOS = sorted(path for path in FOLDER.rglob("*") if path.suffix in {".jpg", ".png", ".webp", ".heic"})
# Upright sizes of those that need turning, or must not be turned.
SIZES = {"motion_photo": (2016, 1512), "iphone7_12mp_p3_gps": (4032, 3024), "Portrait_3": (1200, 1800)}

pytestmark = pytest.mark.skipif(not PHOTOS, reason="../shared/photos is not here")


@pytest.fixture(scope="module", params=PHOTOS, ids=lambda path: path.stem)
def photo(request: pytest.FixtureRequest) -> tuple[Path, Rendered]:
    path: Path = request.param
    return path, render(path.read_bytes())


def test_a_real_photo_is_rendered_upright_and_complete(photo: tuple[Path, Rendered], tmp_path: Path) -> None:
    path, rendered = photo
    assert (rendered.width, rendered.height) == SIZES.get(path.stem, (rendered.width, rendered.height))
    assert [r.spec for r in rendered.renditions if not r.spec.is_animated] == specs_for(
        rendered.width, rendered.height
    )
    assert rendered.notes == ()
    assert 0 < len(data_uri(rendered.thumbhash)) < 600
    for rendition in rendered.renditions:
        verify(rendition.data, rendition.spec, (rendition.width, rendition.height))
        (tmp_path / f"{rendition.spec.name}{rendition.spec.suffix}").write_bytes(rendition.data)
    if shutil.which("exiftool"):
        exiftool = subprocess.run(
            ["exiftool", "-G", "-j", tmp_path], capture_output=True, check=True, text=True
        )
        for picture in json.loads(exiftool.stdout):
            assert {tag.split(":")[0] for tag in picture} <= STRUCTURE, picture
