"""The response of the sandbox's protocol: a JSON head with its length, then the files' bytes. Never pickle.

A hostile picture may have taken over the job that decoded it, so the response is checked like any other input.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Collection
from dataclasses import asdict, astuple
from datetime import datetime
from typing import Any, Final

from photos.imaging.formats import MOVING, Format
from photos.imaging.rejections import SENTENCES, Rejected
from photos.imaging.renditions import ALL, ANIMATION, FORMATS, Spec, specs_for
from photos.imaging.results import Facts, Place, Rendered, RenditionBytes

_LENGTH: Final = struct.Struct(">I")
_COLOR: Final = re.compile(r"#[0-9a-f]{6}")
_LONGEST_THUMBHASH: Final = 32
_LONGEST_SENTENCE: Final = 300


class BadResponse(ValueError):
    """The response of a job is not a result, or it is a failure of the job."""


def dump(rendered: Rendered) -> bytes:
    """Return the message for which `load` returns an equal result."""
    facts = asdict(rendered.facts)
    taken_at = rendered.facts.taken_at
    head = {
        "size": [rendered.width, rendered.height],
        "format": rendered.format.value,
        "renditions": [[*astuple(r.spec), r.width, r.height, len(r.data)] for r in rendered.renditions],
        "thumbhash": rendered.thumbhash.hex(),
        "dominant_color": rendered.dominant_color,
        "phash": rendered.phash,
        "facts": facts | {"taken_at": taken_at and taken_at.isoformat()},
        "place": rendered.place and astuple(rendered.place),
        "notes": list(rendered.notes),
    }
    return _message(head) + b"".join(rendition.data for rendition in rendered.renditions)


def dump_rejected(rejected: Rejected) -> bytes:
    """Return the message for which `load` raises an equal Rejected."""
    return _message({"rejected": [rejected.code, rejected.sentence, rejected.detail]})


def dump_failure(text: str) -> bytes:
    """Return the message for which `load` raises BadResponse with this text (a traceback)."""
    return _message({"failure": text[-4000:]})


def _message(head: dict[str, Any]) -> bytes:
    encoded = json.dumps(head).encode()
    return _LENGTH.pack(len(encoded)) + encoded


def load(message: bytes, specs: Collection[Spec] = ALL) -> Rendered:
    """Return the result in a message. It must have exactly those of `specs` that a photo of its size gets.

    Raises Rejected or BadResponse.
    """
    try:
        (length,) = _LENGTH.unpack_from(message)
        head = json.loads(message[_LENGTH.size : _LENGTH.size + length])
        if "rejected" not in head and "failure" not in head:
            return _rendered(head, message[_LENGTH.size + length :], specs)
        problem = _problem(head)
    except (struct.error, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadResponse(f"{type(error).__name__}: {error}") from error
    raise problem


def _problem(head: dict[str, Any]) -> Exception:
    if "failure" in head:
        return BadResponse(str(head["failure"]))
    code, sentence, detail = head["rejected"]
    _check(code in SENTENCES, "unknown rejection")
    return Rejected(code, str(sentence)[:_LONGEST_SENTENCE], detail=str(detail))


def _rendered(head: dict[str, Any], body: bytes, specs: Collection[Spec]) -> Rendered:
    width, height = head["size"]
    size = (_count(width), _count(height))
    thumbhash, color = bytes.fromhex(head["thumbhash"]), head["dominant_color"]
    _check(len(thumbhash) <= _LONGEST_THUMBHASH, "thumbhash")
    _check(_COLOR.fullmatch(color) is not None, "colour")
    _check(type(head["phash"]) is int and -(1 << 63) <= head["phash"] < 1 << 63, "phash")
    original_format = Format(head["format"])
    renditions = _renditions(head["renditions"], body)
    _check_files(renditions, size, original_format, specs)
    return Rendered(
        *size,
        format=original_format,
        renditions=renditions,
        thumbhash=thumbhash,
        dominant_color=color,
        phash=head["phash"],
        facts=_facts(head["facts"]),
        place=_place(head["place"]),
        notes=tuple(str(note)[:200] for note in head["notes"][:10]),
    )


def _renditions(rows: list[list[Any]], body: bytes) -> list[RenditionBytes]:
    renditions, start = [], 0
    for *spec, width, height, length in rows:
        data = body[start : start + _count(length)]
        _check(len(data) == length, "rendition")
        renditions.append(RenditionBytes(_spec(*spec), _count(width), _count(height), data))
        start += length
    _check(start == len(body), "bytes left over")
    return renditions


def _spec(edge: object, name: str, is_square: object, is_animated: object) -> Spec:
    _check(name in FORMATS and {type(is_square), type(is_animated)} == {bool}, "spec")
    return Spec(_count(edge), name, is_square is True, is_animated is True)


def _check_files(
    renditions: list[RenditionBytes],
    size: tuple[int, int],
    original_format: Format,
    specs: Collection[Spec],
) -> None:
    made = [rendition.spec for rendition in renditions]
    expected = [spec for spec in specs_for(*size) if spec in specs]
    if ANIMATION in specs and original_format in MOVING:  # the original need not move
        _check(made in (expected, [*expected, ANIMATION]), "other files than expected")
    else:
        _check(made == expected, "other files than expected")
    for rendition in renditions:
        _check((rendition.width, rendition.height) == rendition.spec.size_of(size), "size")


def _facts(values: dict[str, Any]) -> Facts:
    taken_at = values.pop("taken_at")
    for name, value in values.items():
        kinds = (str,) if name in ("make", "model", "lens") else (int, float, type(None))
        _check(isinstance(value, kinds) and len(str(value)) <= 100, name)
    return Facts(**values, taken_at=datetime.fromisoformat(taken_at) if taken_at else None)


def _place(value: list[Any] | None) -> Place | None:
    if value is None:
        return None
    latitude, longitude = (float(number) for number in value)
    _check(math.isfinite(latitude) and abs(latitude) <= 90, "latitude")
    _check(math.isfinite(longitude) and abs(longitude) <= 180, "longitude")
    return Place(latitude, longitude)


def _count(value: object) -> int:
    if isinstance(value, int) and 0 < value < 1 << 31:
        return value
    raise BadResponse("number")


def _check(is_right: bool, what: str) -> None:
    if not is_right:
        raise BadResponse(what)
