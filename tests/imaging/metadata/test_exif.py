"""The facts of the exposure are clean, whatever the camera wrote."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from PIL import Image

from photos.imaging.metadata.exif import read_facts
from photos.imaging.results import Facts
from tests.imaging.pictures import decoded, encoded, quadrants

MAKE, MODEL, DATE = 0x010F, 0x0110, 0x0132
EXPOSURE, F_NUMBER, ISO, TAKEN, OFFSET, FOCAL, FOCAL_35, LENS = (
    0x829A,
    0x829D,
    0x8827,
    0x9003,
    0x9011,
    0x920A,
    0xA405,
    0xA434,
)


def facts_of(main: dict[int, Any], details: dict[int, Any]) -> Facts:
    exif = Image.Exif()
    exif.update(main)
    exif.get_ifd(0x8769).update(details)
    return read_facts(decoded(encoded(quadrants(), "JPEG", exif=exif)))


def test_facts_are_read() -> None:
    details = {EXPOSURE: 0.004, F_NUMBER: 1.8, ISO: 64, FOCAL: 5.7, FOCAL_35: 26, LENS: "Back camera"}
    facts = facts_of({MAKE: "Apple", MODEL: "iPhone"}, details | {TAKEN: "2024:06:01 12:30:45"})
    assert facts == Facts(
        make="Apple",
        model="iPhone",
        lens="Back camera",
        exposure_seconds=0.004,
        f_number=1.8,
        iso=64,
        focal_length_mm=5.7,
        focal_length_35mm=26,
        taken_at=datetime(2024, 6, 1, 12, 30, 45),  # noqa: DTZ001 - the camera does not know its zone
    )


def test_a_picture_without_exif_has_no_facts() -> None:
    assert read_facts(quadrants()) == Facts()


def test_the_time_is_aware_when_the_camera_knew_its_offset() -> None:
    facts = facts_of({}, {TAKEN: "2024:06:01 12:30:45", OFFSET: "+05:30"})
    assert facts.taken_at == datetime(2024, 6, 1, 12, 30, 45, tzinfo=timezone(timedelta(hours=5, minutes=30)))


@pytest.mark.parametrize("offset", ["", "Z", "+99:00", "+05:75", "five"])
def test_an_offset_that_is_none_is_ignored(offset: str) -> None:
    facts = facts_of({}, {TAKEN: "2024:06:01 12:30:45", OFFSET: offset})
    assert facts.taken_at is not None
    assert facts.taken_at.tzinfo is None


@pytest.mark.parametrize(
    "moment",
    [
        "0000:00:00 00:00:00",
        "    :  :     :  :  ",
        "2024:13:01 00:00:00",
        "yesterday",
        "1066:10:14 09:00:00",
        "9999:01:01 00:00:00",
    ],
)
def test_a_moment_that_is_none_is_ignored(moment: str) -> None:
    assert facts_of({}, {TAKEN: moment}).taken_at is None


def test_the_time_of_the_last_edit_is_not_the_time_of_the_photo() -> None:
    assert facts_of({DATE: datetime.now(tz=UTC).strftime("%Y:%m:%d %H:%M:%S")}, {}).taken_at is None


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("  Canon  EOS\0garbage", "Canon EOS"),
        ("evil\u202etxt.exe\x07\nline", "evil txt.exe line"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("x" * 500, "x" * 80),
    ],
)
def test_text_is_one_short_line(written: str, cleaned: str) -> None:
    image = quadrants()
    image.getexif()[MAKE] = written
    assert read_facts(image).make == cleaned


@pytest.mark.parametrize("value", [-1.0, 0.0, 1e9, float("nan"), float("inf"), "wide", b"\0", (1, 2), None])
def test_numbers_that_cannot_be_are_ignored(value: object) -> None:
    image = quadrants()
    image.getexif().get_ifd(0x8769).update({EXPOSURE: value, F_NUMBER: value, FOCAL: value, ISO: value})
    facts = read_facts(image)
    assert facts.exposure_seconds is None
    assert facts.f_number is None
    assert facts.focal_length_mm is None


def test_several_sensitivities_are_the_first() -> None:
    image = quadrants()
    image.getexif().get_ifd(0x8769)[ISO] = (200, 0)
    assert read_facts(image).iso == 200


def test_exif_that_breaks_the_parser_has_no_facts() -> None:
    image = quadrants()
    image.info["exif"] = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01" * 50
    assert read_facts(image) == Facts()
