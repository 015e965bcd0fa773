"""Comparing what writers were told with what the shards have."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Told:
    """What the ledgers of all writers say, by photo id."""

    there: dict[int, str] = field(default_factory=dict)  # id: caption
    gone: set[int] = field(default_factory=set)
    unsure: set[int] = field(default_factory=set)  # ids of which something was begun and never ended
    likes: set[tuple[int, int]] = field(default_factory=set)
    comments: Counter[tuple[int, str]] = field(default_factory=Counter)
    unsure_comments: set[tuple[int, str]] = field(default_factory=set)
    stale: list[dict[str, Any]] = field(default_factory=list)
    ms: list[tuple[float, int, float]] = field(
        default_factory=list
    )  # (when it ended, photo id, milliseconds)
    failures: Counter[str] = field(default_factory=Counter)


def read(paths: Iterable[Path]) -> Told:
    """Read all ledgers."""
    told = Told()
    for path in paths:
        begun: dict[str, Any] | None = None
        for text in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            if "begins" in line:
                _note_unsure(told, begun)
                begun = line["begins"]
            elif "done" in line:
                begun = None
                told.ms.append((line["at"], line["done"]["id"], line["ms"]))
                _note_done(told, line["done"])
            elif "failed" in line:
                told.failures[line["error"]] += 1
            else:
                told.stale.append(line["stale"])
        _note_unsure(told, begun)
    return told


@dataclass(frozen=True)
class Found:
    """What all shards have together: captions by photo id, one for each copy; how often each like and comment."""

    photos: dict[int, list[str]]
    likes: Counter[tuple[int, int]]
    comments: Counter[tuple[int, str]]


def compare(told: Told, found: Found) -> list[str]:
    """Return what is wrong, a sentence each."""
    return [*_wrong_photos(told, found), *_wrong_reactions(told, found)]


def _wrong_photos(told: Told, found: Found) -> Iterator[str]:
    for photo_id, captions in found.photos.items():
        if len(captions) > 1:
            yield f"photo {photo_id} is there {len(captions)} times"
    for photo_id in (told.gone & found.photos.keys()) - told.unsure:
        yield f"photo {photo_id} was deleted and is there"
    for photo_id in told.there.keys() - told.unsure:
        captions = found.photos.get(photo_id, [])
        if not captions:
            yield f"photo {photo_id} is lost"
        elif captions[0] != told.there[photo_id]:
            yield f"photo {photo_id} says {captions[0]!r}, not {told.there[photo_id]!r}"


def _wrong_reactions(told: Told, found: Found) -> Iterator[str]:
    for pair, count in found.likes.items():
        if count > 1:
            yield f"like {pair} is there {count} times"
    for pair in told.likes - found.likes.keys():
        if pair[0] in found.photos:
            yield f"like {pair} is lost"
    for key in told.comments.keys() - told.unsure_comments:
        if key[0] in found.photos and found.comments[key] != told.comments[key]:
            yield f"comment {key} is there {found.comments[key]} times, not {told.comments[key]}"


def _note_done(told: Told, done: dict[str, Any]) -> None:
    photo_id = done["id"]
    match done["what"]:
        case "insert":
            told.there[photo_id] = ""
        case "update":
            told.there[photo_id] = done["caption"]
            told.unsure.discard(photo_id)
        case "delete":
            told.there.pop(photo_id, None)
            told.gone.add(photo_id)
            told.unsure.discard(photo_id)
        case "like":
            told.likes.add((photo_id, done["user"]))
        case "comment":
            told.comments[photo_id, done["body"]] += 1


def _note_unsure(told: Told, begun: dict[str, Any] | None) -> None:
    if begun is None or "id" not in begun:
        return
    if begun["what"] == "comment":
        told.unsure_comments.add((begun["id"], begun["body"]))
    elif begun["what"] != "like":
        told.unsure.add(begun["id"])
