"""Recipes: a photo is shown by the files of the recipe that made it, and is made anew in time that is left."""

import io
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from ops.topology.site.site import Site
from photos.display import cards
from photos.files import retired_files
from photos.imaging import renditions
from photos.imaging.edits import Edits
from photos.imaging.rejections import Rejected
from photos.imaging.renditions import Ladder, newest_recipe
from photos.imaging.results import Rendered
from photos.imaging.sandbox import client as sandbox
from photos.imaging.sandbox import server
from photos.imaging.sandbox.request import Request
from photos.jobs import queues, rerendering, schedule, tasks
from photos.management.commands import rerender
from photos.models import Photo, Rendition, Stage, State
from photos.pipeline import editing, rendering
from photos.sharing import embeds
from tests.cast import make_photo
from tests.objects import picture
from tests.photos.pipeline.test_rendering import render_fully, upload_photo

pytestmark = pytest.mark.django_db(databases="__all__")

MORE_EDGES = Ladder((320, 480, 640, 960, 1280, 2048))
OTHER_EDGES = Ladder((256, 400, 900), formats=("webp", "jpeg"), quick_edges=(400,))


@pytest.fixture
def renders_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Render in this process: the sandbox's would not see a table that a test has changed."""

    def run_render(original: bytes, **wanted: Any) -> Rendered:
        return server._render_verified(original, Request(**wanted))

    monkeypatch.setattr(sandbox, "run_render", run_render)


def begin(ladder: Ladder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin a new recipe, with files of its own."""
    monkeypatch.setitem(renditions.LADDERS, newest_recipe() + 1, ladder)


def broken_addresses(photo: Photo) -> set[str]:
    """Return the paths on a photo's tile and in its preview that lead to no rendition."""
    photo.refresh_from_db()
    tile = cards.tile(photo)
    sets = [tile.avif_srcset, tile.webp_srcset, tile.jpeg_srcset]
    urls = [part.split()[0] for srcset in sets for part in srcset.split(", ") if part]
    named = {urlsplit(url).path.removeprefix("/") for url in [*urls, tile.src, tile.full_src]}
    rows = Rendition.objects.of_photo(photo.pk)
    sizes = {row.key: (row.width, row.height) for row in rows}
    for url, size in ((tile.src, tile.src_size), (tile.full_src, tile.full_size)):
        assert sizes.get(urlsplit(url).path.removeprefix("/"), size) == size
    return named - set(sizes)


@pytest.mark.usefixtures("renders_here")
@pytest.mark.parametrize("size", [(1500, 1000), (400, 300)])
@pytest.mark.parametrize("ladder", [MORE_EDGES, OTHER_EDGES])
def test_every_address_on_a_tile_has_a_rendition_before_and_after_a_new_recipe(
    ladder: Ladder, size: tuple[int, int], s3: Site, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = render_fully(upload_photo(alice, picture(*size, seed=1)))
    half = upload_photo(alice, picture(*size, seed=2))
    rendering.render(half.pk, Stage.QUICK)
    begin(ladder, monkeypatch)
    assert broken_addresses(whole) == broken_addresses(half) == set()
    for photo in (whole, half):
        before = photo.stamp
        assert rendering.render(photo.pk, Stage.FULL) == State.READY
        assert broken_addresses(photo) == set()
        assert (photo.recipe_version, photo.stamp != before) == (newest_recipe(), True)
        edges = {row.name for row in Rendition.objects.of_photo(photo.pk).filter(stamp=photo.stamp)}
        assert edges == {spec.name for spec in renditions.specs_for(*size)}
        retired_files.retire(photo.pk)
        assert broken_addresses(photo) == set()


@pytest.mark.usefixtures("renders_here")
def test_a_photo_of_an_older_recipe_is_edited_and_shown_by_the_new_one(
    s3: Site, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = render_fully(upload_photo(alice, picture(1500, 1000, seed=3)))
    begin(OTHER_EDGES, monkeypatch)
    editing.revise(photo, Edits(turns=1))
    assert broken_addresses(photo) == set()
    render_fully(photo)
    assert broken_addresses(photo) == set()
    retired_files.retire(photo.pk)
    assert retired_files.find_base(photo) is not None, "the editor starts from a file of the older recipe"


def test_a_photo_that_fails_under_a_new_recipe_stays_shown(
    s3: Site, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = render_fully(upload_photo(alice, picture(1500, 1000, seed=4)))
    begin(MORE_EDGES, monkeypatch)

    def refuse(original: bytes, **wanted: Any) -> Rendered:
        raise Rejected("unreadable")

    monkeypatch.setattr(sandbox, "run_render", refuse)
    assert rendering.render(photo.pk, Stage.FULL) == State.READY
    assert broken_addresses(photo) == set()
    monkeypatch.setattr(queues, "held", lambda: 0)
    alias = str(photo._state.db)
    assert (rerendering.progress(alias).failed, schedule.rerender(alias)) == (1, 0)
    assert rerendering.retry_failed(alias) == 1
    assert (rerendering.progress(alias).failed, schedule.rerender(alias)) == (0, 1)


def test_the_preview_of_a_link_names_the_size_of_its_file(alice: User) -> None:
    photo = make_photo(alice, width=4000, height=3000, stage=Stage.QUICK)
    card = embeds.find_card(photo.pk)
    preview = embeds.preview(card) if card else None
    assert preview is not None
    assert (preview.width, preview.height) == (640, 480), "the large sizes are not made yet"


@pytest.fixture
def old(alice: User, monkeypatch: pytest.MonkeyPatch) -> list[Photo]:
    """Create five photos of the recipe before the newest."""
    photos = [make_photo(alice) for _ in range(5)]
    begin(MORE_EDGES, monkeypatch)
    return photos


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collect the ids that are sent to the bulk queue instead of sending them."""
    photo_ids: list[int] = []
    monkeypatch.setattr(tasks.complete_when_there_is_time, "send", photo_ids.append)
    return photo_ids


def test_photos_are_sent_as_fast_as_workers_take_them(
    old: list[Photo], sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    alias, feeder = str(old[0]._state.db), rerendering.Feeder()

    def feed(held: int, shards: int = 1) -> list[int]:
        sent.clear()
        monkeypatch.setattr(queues, "held", lambda: held)
        assert feeder.feed(alias, shards=shards) == len(sent)
        return list(sent)

    first, second, third, fourth, fifth = sorted(photo.pk for photo in old)
    full = rerendering.PLACES
    assert full < queues.FULL, "other periodic work goes on meanwhile"
    assert feed(full) == feed(full + 50) == []
    assert feed(full - 2) == [first, second]
    assert feed(full - 2, shards=2) == [third], "shards share the free places"
    Photo.objects.locate(second).update(recipe_version=newest_recipe())
    assert feed(0) == [fourth, fifth]
    assert feed(0) == []
    assert feed(0) == [first, third, fourth, fifth], "messages may be lost: it begins anew"


def test_the_command_counts_and_waits_until_all_are_made(
    old: list[Photo], sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    alias, said = str(old[0]._state.db), io.StringIO()
    monkeypatch.setattr(queues, "held", lambda: 0)
    call_command("rerender", "--plan", "--shard", alias, stdout=said)
    assert f"{alias}: 5 of 5 photos wait for recipe {newest_recipe()}\n" == said.getvalue()
    assert sent == []

    def work(seconds: float) -> None:
        Photo.objects.on(alias).filter(pk=sent.pop()).update(recipe_version=newest_recipe())

    monkeypatch.setattr("time.sleep", work)
    monkeypatch.setattr(rerender, "SAY_SECONDS", 0)
    call_command("rerender", "--run", stdout=said)
    assert "1 of 5, " in said.getvalue()
    assert "Nothing waits. 5 photos in " in said.getvalue()
    with pytest.raises(CommandError, match="There is no shard9"):
        call_command("rerender", "--plan", "--shard", "shard9")


def test_a_run_without_workers_says_where_to_look() -> None:
    assert "manage.py jobs" in rerender.line(0, 10, 5.0)
    assert rerender.line(60, 120, 30.0) == "60 of 120, 2.0 a second, 0 min left"
