"""The demo site: drawn photos and invented members, all through the real pipeline."""

import io
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import override_settings
from PIL import Image

from accounts.models import Follow, User
from ops.topology.site.site import Site
from photos.demo import camera, cast, filling, scenes
from photos.demo.camera import Shot
from photos.imaging.metadata import exif
from photos.models import Album, AlbumPhoto, Comment, Like, Photo, State

NOON = datetime(2026, 5, 17, 12, tzinfo=UTC)


@pytest.mark.parametrize("name", scenes.SCENES)
@pytest.mark.parametrize("size", [(96, 64), (64, 96), (80, 80)])
def test_every_scene_fills_its_picture(name: str, size: tuple[int, int]) -> None:
    height, width = size
    picture = scenes.SCENES[name](np.random.default_rng(5), height, width)
    assert picture.shape == (height, width, 3)
    assert picture.dtype == np.float32
    assert -0.01 <= picture.min() < picture.max() <= 1.25
    assert picture.std() > 0.02, "something is to be seen"


def test_a_photograph_is_the_same_each_time_and_has_a_cameras_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "LONG_EDGE", 120)
    shot = Shot("sea", 7, NOON)
    file = camera.take(shot)
    assert camera.take(shot) == file
    assert camera.take(Shot("sea", 8, NOON)) != file
    image = Image.open(io.BytesIO(file))
    image.load()
    assert max(image.size) == 120
    facts = exif.read_facts(image)
    assert (facts.taken_at, bool(facts.make), bool(facts.lens), bool(facts.iso)) == (NOON, True, True, True)


def test_people_photograph_what_can_be_drawn_and_named() -> None:
    for member in cast.MEMBERS:
        assert set(member.scenes) <= set(scenes.SCENES)
    assert set(cast.CAPTIONS) == set(cast.ALBUMS) == set(cast.DESCRIPTIONS) == set(scenes.SCENES)


def counted() -> dict[str, int]:
    """Return the number of rows of each model, over all shards."""
    sharded: tuple[Any, ...] = (Photo, Album, AlbumPhoto, Like, Comment)
    counts = {
        model.__name__: sum(model.objects.on(alias).count() for alias in settings.SHARDS) for model in sharded
    }
    return counts | {"User": User.objects.count(), "Follow": Follow.objects.count()}


@pytest.mark.django_db(databases="__all__")
def test_filling_twice_adds_nothing(s3: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "LONG_EDGE", 120)
    seen: list[tuple[str, int, int]] = []
    photos = filling.fill(12, password="drawn", say=lambda *step: seen.append(step))
    once = counted()
    assert once["Photo"] == once["AlbumPhoto"] == 12
    assert once["User"] == len(cast.MEMBERS)
    assert once["Like"] > once["Comment"] > 0
    assert once["Follow"] >= 4 * len(cast.MEMBERS) - len(cast.MEMBERS)
    assert {photo.state for photo in photos} == {State.RECEIVED}
    assert all(photo.alt for photo in photos)
    assert filling.count_unfinished(photos) == 12
    assert ("taking photographs", 12, 12) in seen
    again = filling.fill(12, password="drawn again", say=lambda *_: None)
    assert [photo.pk for photo in again] == [photo.pk for photo in photos]
    assert counted() == once
    assert User.objects.get(username=cast.MEMBERS[0].username).check_password("drawn again")


@override_settings(ENVIRONMENT="production")
def test_a_production_site_is_left_alone() -> None:
    with pytest.raises(CommandError, match="production site"):
        call_command("demo")
