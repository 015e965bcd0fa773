"""Fill a site with people who follow each other, photos through the real pipeline, albums, likes and comments.

Each object is recognised by its name or its bytes, so that a second run goes on where the first was stopped, and adds
nothing if that was finished.
"""

import hashlib
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from accounts.models import User
from accounts.relations import follows
from photos.demo import camera, cast
from photos.demo.camera import Shot
from photos.demo.noise import Random
from photos.library import album_places, albums, captions
from photos.models import Album, Comment, Photo, State
from photos.pipeline import upload
from photos.pipeline.upload_request import FileManifest
from photos.social import comments, likes
from sharding.consistency import causal

SEED = 20260101
UNTIL = datetime(2026, 11, 1, 12, tzinfo=UTC)  # fixed, so that the files have the same bytes each time
DAYS = 700
PUT_SECONDS = 30
SHARE_WITH_FOLLOWERS = 0.06

Say = Callable[[str, int, int], object]  # step, number done, number in all


class NotTaken(Exception):
    """The site refused a photo; the message says why."""


@dataclass(frozen=True)
class Planned:
    """A photo to upload, and its owner's username."""

    owner: str
    shot: Shot
    caption: str
    visibility: str


def fill(count: int, *, password: str, say: Say) -> list[Photo]:
    """Fill the site with `count` photos and what belongs to them. Raises NotTaken, database errors."""
    rng = np.random.default_rng(SEED)
    people = {member.username: _person(member, password) for member in cast.MEMBERS}
    _make_friends(list(people.values()), rng)
    planned = [_plan(rng) for _ in range(count)]
    photos = []
    with ProcessPoolExecutor() as studio:
        for one, file in zip(planned, studio.map(camera.take, [one.shot for one in planned]), strict=True):
            photos.append(_upload(people[one.owner], one, file))
            say("taking photographs", len(photos), count)
    _fill_albums(list(zip(planned, photos, strict=True)))
    for number, photo in enumerate(photos, 1):
        _talk_about(photo, list(people.values()), rng)
        say("talking about them", number, count)
    return photos


def count_unfinished(photos: list[Photo]) -> int:
    """Return how many of these photos the workers have not finished yet."""
    with causal.pin():
        by_owner = {photo.owner_id for photo in photos}
        waiting = (
            Photo.objects.of(owner_id).filter(state__in=[State.RECEIVED, State.PROCESSING])
            for owner_id in by_owner
        )
        return sum(rows.count() for rows in waiting)


def _person(member: cast.Member, password: str) -> User:
    user: User | None = User.objects.filter(username=member.username).first()
    if user is None:
        user = User.objects.create_user(member.username, f"{member.username}@demo.invalid", name=member.name)
    user.bio = member.bio
    user.set_password(password)
    user.save()
    return user


def _make_friends(people: list[User], rng: Random) -> None:
    for person in people:
        for index in rng.permutation(len(people))[: int(rng.integers(4, 10))]:
            if people[index].pk != person.pk:
                follows.follow(person, people[index])


def _plan(rng: Random) -> Planned:
    member = cast.MEMBERS[int(len(cast.MEMBERS) * rng.random() ** 1.3)]
    scene = str(rng.choice(np.array(member.scenes)))
    shot = Shot(scene, int(rng.integers(2**31)), camera.moment(rng, UNTIL, DAYS))
    visibility = "followers" if rng.random() < SHARE_WITH_FOLLOWERS else "public"
    return Planned(member.username, shot, cast.caption(scene, rng), visibility)


def _upload(owner: User, planned: Planned, file: bytes) -> Photo:
    """Upload a file as a browser does: begin, put the bytes into the store, finish."""
    digest = hashlib.sha256(file).hexdigest()
    name = f"{planned.shot.scene}-{planned.shot.seed % 10_000:04}.jpg"
    announced = FileManifest(name, len(file), "image/jpeg", digest, planned.visibility)
    (outcome,) = upload.begin(owner.pk, [announced])
    if isinstance(outcome, upload.Duplicate):
        return outcome.photo
    if not isinstance(outcome, upload.Offer):
        raise NotTaken(f"{name} of {owner.username} was not taken: {getattr(outcome, 'sentence', outcome)}")
    request = urllib.request.Request(outcome.url, data=file, headers=outcome.headers, method="PUT")  # noqa: S310 - ours
    with urllib.request.urlopen(request, timeout=PUT_SECONDS):  # noqa: S310 - see above
        photo, _ = upload.finish(owner.pk, outcome.ticket)
    return captions.describe(photo, caption=planned.caption, alt=cast.DESCRIPTIONS[planned.shot.scene])


def _fill_albums(uploaded: list[tuple[Planned, Photo]]) -> None:
    """Put the photos of each scene into an album of their owner."""
    photo_ids_of: dict[tuple[int, str], list[int]] = {}
    for planned, photo in uploaded:
        photo_ids_of.setdefault((photo.owner_id, cast.ALBUMS[planned.shot.scene]), []).append(photo.pk)
    with causal.pin():
        for (owner_id, title), photo_ids in photo_ids_of.items():
            album = Album.objects.of(owner_id).filter(title=title).first()
            album_places.add(album or albums.create(owner_id, title=title), photo_ids)


def _talk_about(photo: Photo, people: list[User], rng: Random) -> None:
    """Let some people like a photo, some of those comment on it, and its owner answer now and then."""
    others = [person for person in people if person.pk != photo.owner_id]
    liking = rng.permutation(len(others))[: int(len(others) * rng.random() ** 1.5)]
    remarks = list(_remarks(liking, rng))
    with causal.pin():
        if photo.visibility != "public" or Comment.objects.of_photo(photo.pk).exists():
            return
        for index in liking:
            likes.set_liked(photo, others[index].pk, is_liked=True)
        for index, remark, answer in remarks:
            comment = comments.write(photo, others[index].pk, remark)
            if answer:
                comments.write(photo, photo.owner_id, answer, parent_id=comment.pk)


def _remarks(
    people: "np.ndarray[tuple[int], np.dtype[np.int64]]", rng: Random
) -> Iterator[tuple[int, str, str]]:
    for index in people[: int(rng.integers(0, 4))]:
        answer = str(rng.choice(np.array(cast.ANSWERS))) if rng.random() < 0.4 else ""
        yield int(index), str(rng.choice(np.array(cast.REMARKS))), answer
