"""The response of a job is checked like any input: its picture may have taken the process over."""

import json
import struct
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photos.imaging.formats import Format
from photos.imaging.rejections import Rejected
from photos.imaging.renditions import ALL, ANIMATION, QUICK, REST, specs_for
from photos.imaging.results import Facts, Place, Rendered, RenditionBytes
from photos.imaging.sandbox import response


def rendered_photo() -> Rendered:
    facts = Facts(
        make="Maker", exposure_seconds=0.01, iso=100, taken_at=datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    )
    renditions = [
        RenditionBytes(spec, *spec.size_of((900, 600)), data=bytes([index]) * (index + 1))
        for index, spec in enumerate(specs_for(900, 600))
    ]
    return Rendered(
        900,
        600,
        Format.HEIF,
        renditions,
        b"12345678",
        "#a0b0c0",
        -1 << 63,
        facts,
        Place(48.9, 2.3),
        ("a note",),
    )


MESSAGE = response.dump(rendered_photo())


def changed(**changes: Any) -> bytes:
    """Return the message with these changes in its head."""
    (length,) = struct.unpack_from(">I", MESSAGE)
    head = json.loads(MESSAGE[4 : 4 + length]) | changes
    encoded = json.dumps(head).encode()
    return struct.pack(">I", len(encoded)) + encoded + MESSAGE[4 + length :]


def test_a_result_arrives_as_it_was_sent() -> None:
    assert response.load(MESSAGE) == rendered_photo()
    assert response.load(changed()) == rendered_photo()


def test_a_rejection_arrives_as_it_was_sent() -> None:
    with pytest.raises(Rejected) as refused:
        response.load(response.dump_rejected(Rejected("too_small", "A sentence.", detail="1x1")))
    assert (refused.value.code, refused.value.sentence, refused.value.detail) == (
        "too_small",
        "A sentence.",
        "1x1",
    )


def test_a_failure_arrives_with_its_traceback() -> None:
    with pytest.raises(response.BadResponse, match="KeyError: 'x'"):
        response.load(response.dump_failure("Traceback: KeyError: 'x'"))


@pytest.mark.parametrize(
    "message",
    [
        changed(size=[900, 601]),
        changed(phash=1 << 63),
        changed(phash="0"),
        changed(phash=None),
        changed(size=[900]),
        changed(size=["900", "600"]),
        changed(size=[-900, -600]),
        changed(format="EXE"),
        changed(renditions=[]),
        changed(renditions=[[320, "webp", False, False, 320, 213, 1 << 40]]),
        changed(renditions=[[320, "../../etc", False, False, 320, 213, 1]]),
        changed(renditions=[[320, "webp", 1, 0, 320, 213, 1]]),
        changed(renditions=[[320, "webp", 320, 213, 1]]),
        changed(thumbhash="zz"),
        changed(thumbhash="00" * 33),
        changed(dominant_color="red;background:url(//evil)"),
        changed(dominant_color=7),
        changed(facts={"make": 7, "taken_at": None}),
        changed(facts={"make": "x" * 200, "taken_at": None}),
        changed(facts={"other": "x", "taken_at": None}),
        changed(facts={"iso": "many", "taken_at": None}),
        changed(facts={"taken_at": "soon"}),
        changed(facts=None),
        changed(rejected=["no_such_code", "", ""]),
        changed(rejected="too_small"),
        MESSAGE + b"more",
        MESSAGE[:-1],
        MESSAGE[:40],
        b"",
        struct.pack(">I", 2) + b"[]",
    ],
)
def test_an_answer_that_cannot_be_is_refused(message: bytes) -> None:
    with pytest.raises(response.BadResponse):
        response.load(message)


def test_a_part_of_the_files_is_taken_only_where_that_part_was_wanted() -> None:
    photo = rendered_photo()
    part = replace(photo, renditions=[made for made in photo.renditions if made.spec in QUICK])
    assert response.load(response.dump(part), QUICK) == part
    for specs, message in ((QUICK, MESSAGE), (REST, response.dump(part)), (ALL, response.dump(part))):
        with pytest.raises(response.BadResponse, match="other files"):
            response.load(message, specs)


def with_animation(format: Format, size: tuple[int, int] = (640, 427)) -> bytes:  # noqa: A002 - the field's word
    photo = rendered_photo()
    moving = RenditionBytes(ANIMATION, *size, data=b"moving")
    return response.dump(replace(photo, format=format, renditions=[*photo.renditions, moving]))


def test_an_animation_is_taken_of_what_can_move() -> None:
    assert response.load(with_animation(Format.GIF)).renditions[-1].data == b"moving"
    for message, specs in (
        (with_animation(Format.JPEG), ALL),
        (with_animation(Format.GIF), ALL - {ANIMATION}),
        (with_animation(Format.GIF, (640, 480)), ALL),
    ):
        with pytest.raises(response.BadResponse):
            response.load(message, specs)


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_in_one_way(message: bytes) -> None:
    with pytest.raises(response.BadResponse):
        response.load(message)
