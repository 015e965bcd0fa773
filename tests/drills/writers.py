"""`python -m tests.drills.writers FILE OWNER…`: writes photos, likes and comments of these owners.

One process with two threads, each with owners and a ledger of its own: a line before each try and one after it, flushed
to the disk, outside of every database. What a line says is stored must be there at the end; what was begun and never
ended may be. Each thread also reads what it has just written, as another pod with the causal token would: a miss is
written down as stale. Ends when its standard input is closed."""

import itertools
import json
import os
import random
import sys
import threading
import time
from pathlib import Path
from typing import Any, TextIO

import django

from config.env import read_file

THREADS = 2
PATIENCE_SECONDS = 60.0


class Ledger:
    """The file of one thread: each write before it begins and after it has ended, with its milliseconds."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, **line: Any) -> None:
        """Append a line and flush it to the disk."""
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())


class Writer:
    """The owners of one thread, and the photos that they have according to its writes."""

    def __init__(self, ledger: Ledger, owners: list[int], seed: int) -> None:
        self.ledger, self.owners = ledger, owners
        self.random = random.Random(seed)  # noqa: S311 - nothing secret
        self.photos: dict[int, int] = {}  # id: owner
        self.numbers = itertools.count(1)

    def run(self, stop: threading.Event) -> None:
        """Write until told to stop."""
        acts = [self.insert, self.insert, self.update, self.update, self.like, self.comment, self.delete]
        while not stop.is_set():
            act = self.random.choice(acts) if len(self.photos) > 10 else self.insert
            act(stop)

    def insert(self, stop: threading.Event) -> None:
        """Add a photo's row."""
        owner = self.random.choice(self.owners)

        def act() -> int:
            photo = new_photo(owner, next(self.numbers))
            photo.save()
            return int(photo.pk)

        photo_id = self.persist(stop, act, what="insert", owner=owner)
        if photo_id is not None:
            self.photos[photo_id] = owner

    def update(self, stop: threading.Event) -> None:
        """Give a photo another caption."""
        from photos.models import Photo  # noqa: PLC0415 - after the set-up

        photo_id, caption = self.any_photo(), str(next(self.numbers))
        self.persist(
            stop,
            lambda: Photo.objects.locate(photo_id).update(caption=caption),
            what="update",
            id=photo_id,
            caption=caption,
        )

    def like(self, stop: threading.Event) -> None:
        """Like a photo as one of the owners."""
        from photos.models import Photo  # noqa: PLC0415 - see above
        from photos.social import likes  # noqa: PLC0415 - after the set-up

        photo_id, user = self.any_photo(), self.random.choice(self.owners)
        photo = Photo(id=photo_id, owner_id=self.photos[photo_id])
        self.persist(
            stop, lambda: likes.set_liked(photo, user, is_liked=True), what="like", id=photo_id, user=user
        )

    def comment(self, stop: threading.Event) -> None:
        """Comment on a photo."""
        from photos.models import Photo  # noqa: PLC0415 - see above
        from photos.social import comments  # noqa: PLC0415 - after the set-up

        photo_id, user, body = self.any_photo(), self.random.choice(self.owners), str(next(self.numbers))
        photo = Photo(id=photo_id, owner_id=self.photos[photo_id])
        self.persist(
            stop, lambda: comments.write(photo, user, body).pk, what="comment", id=photo_id, body=body
        )

    def delete(self, stop: threading.Event) -> None:
        """Delete a photo with all that belongs to it."""
        from photos.models import Photo  # noqa: PLC0415 - after the set-up

        photo_id = self.any_photo()
        del self.photos[photo_id]
        self.persist(stop, lambda: Photo.objects.locate(photo_id).delete()[0], what="delete", id=photo_id)

    def any_photo(self) -> int:
        """Return one of the photos that are there."""
        return self.random.choice(list(self.photos))

    def persist(self, stop: threading.Event, act: Any, **line: Any) -> int | None:
        """Retry a write until it succeeds and return its result; None when the stop comes first."""
        from django.db import DatabaseError, InterfaceError, connections  # noqa: PLC0415 - after the set-up

        from sharding.consistency import causal, tokens  # noqa: PLC0415 - see above

        deadline = time.monotonic() + PATIENCE_SECONDS
        while not stop.is_set():
            began = time.monotonic()
            self.ledger.write(begins=line)
            try:
                with causal.session() as session:
                    result = int(act())
                    token = tokens.dump(session.token())
            except (DatabaseError, InterfaceError) as error:
                self.ledger.write(failed=line["what"], error=type(error).__name__, at=time.time())
                for connection in connections.all(initialized_only=True):
                    connection.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
                continue
            ms = round((time.monotonic() - began) * 1000, 1)
            line = line | ({"id": result} if line["what"] == "insert" else {})
            self.ledger.write(done=line | {"found": result}, ms=ms, at=time.time())
            if not is_seen(line, token):
                self.ledger.write(stale=line)
            return result
        return None


def new_photo(owner: int, number: int) -> Any:
    """Return an unsaved photo that was never uploaded: only its row matters here."""
    from django.utils import timezone  # noqa: PLC0415 - after the set-up

    from photos.models import Photo, State  # noqa: PLC0415 - see above

    digest = f"{random.getrandbits(256):064x}"
    return Photo(
        owner_id=owner,
        sha256=digest,
        original_key=f"up/{digest}",
        original_bytes=1,
        content_type="image/jpeg",
        filename=f"{number}.jpg",
        state=State.READY,
        stage="full",
        recipe_version=9999,
        state_at=timezone.now(),
        created_at=timezone.now(),
    )


def is_seen(line: dict[str, Any], token: str) -> bool:
    """Return whether a reader with the writer's causal token sees the write."""
    from django.db import DatabaseError, InterfaceError  # noqa: PLC0415 - after the set-up

    from photos.models import Photo  # noqa: PLC0415 - see above
    from sharding.consistency import causal, tokens  # noqa: PLC0415 - see above

    try:
        with causal.session(tokens.load(token)):
            row = Photo.objects.locate(line["id"]).values_list("caption", flat=True).first()
    except (DatabaseError, InterfaceError):
        return True  # an outage, not a stale read
    if line["what"] == "delete":
        return row is None
    return row is not None and (line["what"] != "update" or row == line["caption"])


def main() -> None:
    """Write with all threads until the standard input ends."""
    read_file(Path(os.environ["TESSERA_VAR"]) / "env")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    path, owners = Path(sys.argv[1]), list(map(int, sys.argv[2:]))
    stop = threading.Event()
    threads = []
    for number in range(THREADS):
        file = path.with_suffix(f".{number}.jsonl").open("a", encoding="utf-8")
        writer = Writer(Ledger(file), owners[number::THREADS], seed=hash((path.name, number)))
        threads.append(threading.Thread(target=writer.run, args=(stop,)))
    for thread in threads:
        thread.start()
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
