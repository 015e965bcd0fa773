"""The benchmarks' arithmetic. Measured figures are never asserted in CI."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photos.imaging.renditions import Spec, specs_for
from tests.bench import memory, quality, speed, targets
from tests.bench.cache import eviction, stampede
from tests.bench.contestants import FLOOR, OURS, PYVIPS, SHARP, Contestant
from tests.bench.memory import Peak
from tests.bench.quality import Scored, ssim
from tests.bench.speed import Timed
from tests.bench.subjects import SIZES, _mosaic, subjects

FIRST = [Timed("first visible", 12, (0.1, 0.12, 0.11))]


def timed(ours: float = 1.0, theirs: float = 1.0) -> list[Timed]:
    others = [Timed(name, 12, (theirs, theirs * 2, theirs)) for name in (FLOOR, PYVIPS, SHARP)]
    return [Timed(OURS, 12, (ours, ours * 2, ours)), *others]


def brightness(seed: int) -> quality.Floats:
    return np.random.default_rng(seed).uniform(0, 255, (40, 60))


def test_a_picture_is_wholly_similar_to_itself_and_less_so_the_more_it_is_changed() -> None:
    picture = brightness(1)
    scores = [ssim(picture, picture + amount * (brightness(2) - 128)) for amount in (0, 0.1, 0.5, 1)]
    assert scores[0] == pytest.approx(1)
    assert scores == sorted(scores, reverse=True)
    assert abs(ssim(brightness(1), brightness(2))) < 0.05


def test_a_ratio_is_taken_within_each_round() -> None:
    assert speed.ratio(timed(1.0, 2.0), 12, PYVIPS) == 0.5
    assert timed()[0].median == timed()[0].quiet == 1.0


def test_targets_are_met_or_missed() -> None:
    peaks = [Peak(OURS, 12, 400), Peak(OURS, 100, 249), Peak(PYVIPS, 100, 999)]
    assert all(verdict.is_met for verdict in targets.verdicts(timed(1.1, 1.0), FIRST, peaks))
    slow = targets.verdicts(timed(2.1, 1.0), [Timed("first visible", 12, (0.2,))], [Peak(OURS, 100, 251)])
    assert not any(verdict.is_met for verdict in slow)
    assert targets.geometric_mean([0.5, 2.0]) == pytest.approx(1)


def test_who_cannot_run_here_is_left_out() -> None:
    ours_only = [each for each in timed() if each.contestant == OURS]
    assert len(targets.verdicts(ours_only, FIRST, [Peak(OURS, 100, 1)])) == 3


def test_tables_have_a_line_for_everything() -> None:
    scored = [Scored(name, Spec(320, "avif"), score, 9000) for name, score in ((OURS, 0.9), (SHARP, 0.8))]
    assert quality.table(scored).count("*") == 1
    assert speed.table(timed()).count("Mpx") == 4
    assert memory.table([Peak(OURS, 12, 1.0), Peak(OURS, 24, 2.0)]).count("Mpx") == 2
    verdicts = targets.verdicts(timed(3.0), FIRST, [Peak(OURS, 100, 1)])
    assert targets.table(verdicts).count("MISSED") == 4


def test_traces_are_repeated_and_few_keys_are_most_of_them() -> None:
    keys = eviction.trace(1.0, is_scanned=False)
    assert keys == eviction.trace(1.0, is_scanned=False)
    often = sum(key < eviction.KEYS * 0.05 for key in keys) / len(keys)
    assert often == pytest.approx(eviction.ideal(1.0, 0.05, is_scanned=False), abs=0.01)
    scanned = [key for key in eviction.trace(1.0, is_scanned=True) if key >= eviction.KEYS]
    assert len(set(scanned)) == len(scanned)
    assert len(scanned) / eviction.ASKED == pytest.approx(eviction.SCANNED, abs=0.01)


def test_what_is_said_of_the_cache_is_met_or_missed() -> None:
    lru, lfu = eviction.POLICIES
    good = eviction.Kept(1.0, 0.05, is_scanned=False, ideal=0.7, ratios={lru: 0.5, lfu: 0.6})
    bad = eviction.Kept(1.0, 0.05, is_scanned=True, ideal=0.7, ratios={lru: 0.6, lfu: 0.5})
    assert "MISSED" not in eviction.table([good])
    assert "MISSED" in eviction.table([good, bad])
    found = [stampede.Stormed("naive", 48.0, 150.0, 200.0), stampede.Stormed("ours", 1.0, 50.0, 200.0)]
    assert "48 times fewer loads" in stampede.table(found, 1)
    assert "MISSED" in stampede.table(found, 2)


def test_camera_files_are_taken_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.bench.subjects._MADE", dict.fromkeys(SIZES, (90, 70)))
    made = subjects(tmp_path, tmp_path / "made")
    assert [subject.megapixels for subject in made if subject.is_timed] == [12, 24, 48]
    assert all("made of noise" in subject.origin for subject in made)
    Image.new("RGB", (40, 30), "teal").save(tmp_path / "iphone6s_12mp_gps.jpg")
    found = subjects(tmp_path, tmp_path / "found")
    assert found[0].origin == "camera file iphone6s_12mp_gps.jpg"
    assert all("mosaic" in subject.origin for subject in found[1:])
    with Image.open(found[3].path) as picture:
        assert picture.size == (90, 70)


def test_a_mosaic_repeats_its_tile() -> None:
    tile = Image.linear_gradient("L").resize((10, 10)).convert("RGB")
    assert _mosaic(tile, (25, 15)).crop((10, 0, 20, 10)).tobytes() == tile.tobytes()


@pytest.mark.parametrize("module", ["ours", "floor"])
def test_a_contestant_answers_and_keeps_its_files(module: str, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    Image.linear_gradient("L").convert("RGB").save(photo)
    contestant = Contestant(module, [sys.executable, "-m", f"tests.bench.{module}"])
    assert 0 < contestant.run(photo, tmp_path / "out") < 20
    contestant.stop()
    if module == "ours":
        wanted = {f"{spec.name}{spec.suffix}" for spec in specs_for(256, 256)}
        assert {path.name for path in (tmp_path / "out").iterdir()} == wanted


def test_the_lock_of_sharp_names_no_registry() -> None:
    lock = (Path(__file__).parent / "package-lock.json").read_text()
    assert "resolved" not in lock
    assert "registry" not in lock
    assert (
        json.load(io.StringIO(lock))["packages"][""]["dependencies"]
        == json.loads((Path(__file__).parent / "package.json").read_text())["dependencies"]
    )
