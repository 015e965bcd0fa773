"""Compares the ledgers of the writers with the rows on the shards."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Expected:
    """What the shards must have according to the ledgers of all writers."""

    photos: dict[int, str] = field(default_factory=dict)  # id: caption
    deleted: set[int] = field(default_factory=set)
    unsure: set[int] = field(default_factory=set)  # ids of photos with a write that began and never ended
    likes: set[tuple[int, int]] = field(default_factory=set)
    comments: Counter[tuple[int, str]] = field(default_factory=Counter)
    unsure_comments: set[tuple[int, str]] = field(default_factory=set)
    stale: list[dict[str, Any]] = field(default_factory=list)
    ms: list[tuple[float, int, float]] = field(
        default_factory=list
    )  # (when it ended, photo id, milliseconds)
    failures: Counter[str] = field(default_factory=Counter)


def read(paths: Iterable[Path]) -> Expected:
    """Return what the ledgers say together."""
    expected = Expected()
    for path in paths:
        begun: dict[str, Any] | None = None
        for text in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            if "begins" in line:
                _note_unsure(expected, begun)
                begun = line["begins"]
            elif "done" in line:
                begun = None
                expected.ms.append((line["at"], line["done"]["id"], line["ms"]))
                _note_done(expected, line["done"])
            elif "failed" in line:
                expected.failures[line["error"]] += 1
            else:
                expected.stale.append(line["stale"])
        _note_unsure(expected, begun)
    return expected


@dataclass(frozen=True)
class Stored:
    """The rows of all shards: {photo id: captions, one for each copy}, and how often each like and comment is there."""

    photos: dict[int, list[str]]
    likes: Counter[tuple[int, int]]
    comments: Counter[tuple[int, str]]


def compare(expected: Expected, stored: Stored) -> list[str]:
    """Return the differences, a sentence each."""
    return [*_wrong_photos(expected, stored), *_wrong_reactions(expected, stored)]


def _wrong_photos(expected: Expected, stored: Stored) -> Iterator[str]:
    for photo_id, captions in stored.photos.items():
        if len(captions) > 1:
            yield f"photo {photo_id} is stored {len(captions)} times"
    for photo_id in (expected.deleted & stored.photos.keys()) - expected.unsure:
        yield f"photo {photo_id} was deleted and is stored"
    for photo_id in expected.photos.keys() - expected.unsure:
        captions = stored.photos.get(photo_id, [])
        if not captions:
            yield f"photo {photo_id} is lost"
        elif captions[0] != expected.photos[photo_id]:
            yield f"photo {photo_id} says {captions[0]!r}, not {expected.photos[photo_id]!r}"


def _wrong_reactions(expected: Expected, stored: Stored) -> Iterator[str]:
    for pair, count in stored.likes.items():
        if count > 1:
            yield f"like {pair} is stored {count} times"
    for pair in expected.likes - stored.likes.keys():
        if pair[0] in stored.photos:
            yield f"like {pair} is lost"
    for key in expected.comments.keys() - expected.unsure_comments:
        if key[0] in stored.photos and stored.comments[key] != expected.comments[key]:
            yield f"comment {key} is stored {stored.comments[key]} times, not {expected.comments[key]}"


def _note_done(expected: Expected, done: dict[str, Any]) -> None:
    photo_id = done["id"]
    match done["what"]:
        case "insert":
            expected.photos[photo_id] = ""
        case "update":
            expected.photos[photo_id] = done["caption"]
            expected.unsure.discard(photo_id)
        case "delete":
            expected.photos.pop(photo_id, None)
            expected.deleted.add(photo_id)
            expected.unsure.discard(photo_id)
        case "like":
            expected.likes.add((photo_id, done["user"]))
        case "comment":
            expected.comments[photo_id, done["body"]] += 1


def _note_unsure(expected: Expected, begun: dict[str, Any] | None) -> None:
    if begun is None or "id" not in begun:
        return
    if begun["what"] == "comment":
        expected.unsure_comments.add((begun["id"], begun["body"]))
    elif begun["what"] != "like":
        expected.unsure.add(begun["id"])
