"""How a child process hands its result over: a JSON head, then the files' bytes. Never pickle.

A child that decodes hostile bytes may have been taken over, so what it says is checked like any input.
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


class BadAnswerError(ValueError):
    """A child process answered with something that is no result."""


def dump(rendered: Rendered) -> bytes:
    """One message that `load` reads."""
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
    """One message for which `load` raises the same Rejected."""
    return _message({"rejected": [rejected.code, rejected.sentence, rejected.detail]})


def dump_failure(text: str) -> bytes:
    """One message for which `load` raises BadAnswerError with this text (a traceback)."""
    return _message({"failure": text[-4000:]})


def _message(head: dict[str, Any]) -> bytes:
    encoded = json.dumps(head).encode()
    return _LENGTH.pack(len(encoded)) + encoded


def load(message: bytes, wanted: Collection[Spec] = ALL) -> Rendered:
    """The result in a message, which has those of the wanted files that a photo of its size gets.

    Raises Rejected or BadAnswerError.
    """
    try:
        (length,) = _LENGTH.unpack_from(message)
        head = json.loads(message[_LENGTH.size : _LENGTH.size + length])
        if "rejected" not in head and "failure" not in head:
            return _rendered(head, message[_LENGTH.size + length :], wanted)
        problem = _problem(head)
    except (struct.error, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadAnswerError(f"{type(error).__name__}: {error}") from error
    raise problem


def _problem(head: dict[str, Any]) -> Exception:
    if "failure" in head:
        return BadAnswerError(str(head["failure"]))
    code, sentence, detail = head["rejected"]
    _check(code in SENTENCES, "unknown rejection")
    return Rejected(code, str(sentence)[:_LONGEST_SENTENCE], detail=str(detail))


def _rendered(head: dict[str, Any], body: bytes, wanted: Collection[Spec]) -> Rendered:
    width, height = head["size"]
    size = (_count(width), _count(height))
    thumbhash, color = bytes.fromhex(head["thumbhash"]), head["dominant_color"]
    _check(len(thumbhash) <= _LONGEST_THUMBHASH, "thumbhash")
    _check(_COLOR.fullmatch(color) is not None, "colour")
    _check(type(head["phash"]) is int and -(1 << 63) <= head["phash"] < 1 << 63, "phash")
    original_format = Format(head["format"])
    renditions = _renditions(head["renditions"], body)
    _check_files(renditions, size, original_format, wanted)
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
    wanted: Collection[Spec],
) -> None:
    found = [rendition.spec for rendition in renditions]
    if found and found[-1] == ANIMATION in wanted and original_format in MOVING:
        found.pop()
    _check(found == [spec for spec in specs_for(*size) if spec in wanted], "other files than expected")
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
    raise BadAnswerError("number")


def _check(is_right: bool, what: str) -> None:
    if not is_right:
        raise BadAnswerError(what)
