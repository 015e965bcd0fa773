"""Plain functions that create the people of the tests and their photos."""

import hashlib
import itertools
from collections.abc import Callable
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import User
from photos.imaging.renditions import newest_recipe
from photos.models import Photo, Stage, State
from sharding.rows import buckets, ids

_numbers = itertools.count(1)


def make_user(username: str, **fields: object) -> User:
    """Create a user whose password is the username twice."""
    user: User = User.objects.create_user(username, f"{username}@example.com", username * 2, **fields)
    return user


def make_neighbour(person: User) -> User:
    """Create users until one lives on another shard than `person`, and return that one."""
    home = shard_of(person)
    return _make_until(lambda neighbour: shard_of(neighbour) != home)


def make_resident(alias: str) -> User:
    """Create users until one lives on the shard `alias`, and return that one.

    A user's shard follows from the id, and ids depend on which tests ran before."""
    return _make_until(lambda resident: shard_of(resident) == alias)


def _make_until(is_wanted: Callable[[User], bool]) -> User:
    while True:
        person = make_user(f"person{next(_numbers)}")
        if is_wanted(person):
            return person


def shard_of(person: User) -> str:
    """Return the alias of the shard with a user's photos."""
    return buckets.shard_of(ids.bucket_for_owner(person.pk))


def signed_in(user: User) -> Client:
    """Return a test client in which the user is signed in."""
    client = Client()
    client.force_login(user)
    return client


def make_photo(owner: User, **fields: Any) -> Photo:
    """Create the row of a ready photo of 1200 x 800 pixels with a hash of its own; no bytes are stored."""
    number = next(_numbers)
    values = {
        "sha256": hashlib.sha256(f"photo {number}".encode()).hexdigest(),
        "original_key": f"up/test/{number}",
        "original_bytes": 1000,
        "content_type": "image/jpeg",
        "filename": f"photo-{number}.jpg",
        "state": State.READY,
        "width": 1200,
        "height": 800,
        "stage": Stage.FULL,
        "stamp": f"{number:016x}",
        "recipe_version": newest_recipe(),
        "state_at": timezone.now(),
        "created_at": timezone.now(),
    }
    photo = Photo(owner_id=owner.pk, **(values | fields))
    photo.save()
    return photo


NOTHING_YET = {"stage": "", "stamp": "", "width": None, "height": None, "recipe_version": None}
