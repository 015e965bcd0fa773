"""Bulk changes of photos: each is one act in one transaction, and is undone in one."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from photos.files import relocation
from photos.jobs import schedule
from photos.library import album_places, albums, bulk, trash
from photos.models import Act, Album, Photo
from photos.text import tags
from tests.cast import make_photo, signed_in
from tests.photos.library.test_albums import order_of

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def photos(alice: User) -> list[Photo]:
    return [make_photo(alice, caption=f"Day {n} in #Oslo", tags=["oslo"]) for n in range(4)]


def ids_of(photos: list[Photo]) -> list[int]:
    return [photo.pk for photo in photos]


def captions_and_tags(photos: list[Photo]) -> list[tuple[str, list[str]]]:
    """Return caption and tags of each photo of these photos' owner, oldest first."""
    rows = Photo.objects.of(photos[0].owner_id).order_by("pk")
    return list(rows.values_list("caption", "tags"))


def levels_of(photos: list[Photo]) -> list[str]:
    """Return the visibility of each photo of these photos' owner, oldest first."""
    return list(Photo.objects.of(photos[0].owner_id).order_by("pk").values_list("visibility", flat=True))


def test_one_caption_for_all_and_back(alice: User, photos: list[Photo]) -> None:
    before = captions_and_tags(photos)
    act = bulk.set_caption(alice.pk, ids_of(photos[:3]), "By  the #sea")
    assert captions_and_tags(photos) == [("By the #sea", ["sea"])] * 3 + before[3:]
    assert act.said == "Caption changed: 3 photos"
    assert bulk.undo(alice.pk, act.pk)
    assert captions_and_tags(photos) == before
    assert not bulk.undo(alice.pk, act.pk), "once"


def test_tags_come_and_go_and_sentences_stay(alice: User, photos: list[Photo]) -> None:
    added = bulk.add_tags(alice.pk, ids_of(photos), "#Fog harbour, oslo")
    assert captions_and_tags(photos)[0] == ("Day 0 in #Oslo #fog #harbour", ["oslo", "fog", "harbour"])
    removed = bulk.remove_tags(alice.pk, ids_of(photos), "fog")
    assert captions_and_tags(photos)[0] == ("Day 0 in #Oslo #harbour", ["oslo", "harbour"])
    bulk.undo(alice.pk, removed.pk)
    bulk.undo(alice.pk, added.pk)
    assert captions_and_tags(photos)[0] == ("Day 0 in #Oslo", ["oslo"])


@pytest.mark.parametrize(
    ("caption", "unwanted", "left"),
    [
        ("Fog #sea #fog", ["fog"], "Fog #sea"),
        ("In the #fog we met", ["fog"], "In the fog we met"),
        ("In the #fog we met #fog #sea", ["fog"], "In the fog we met #sea"),
        ("#fog", ["fog"], ""),
        ("Nothing", ["fog"], "Nothing"),
        ("#foggy", ["fog"], "#foggy"),
    ],
)
def test_a_tag_at_the_end_goes_and_one_in_a_sentence_becomes_a_word(
    caption: str, unwanted: list[str], left: str
) -> None:
    assert tags.remove_tags(caption, unwanted) == left
    assert tags.add_tags(left, unwanted) == f"{left} #fog".strip()


def test_a_caption_without_room_for_a_tag_stays(alice: User) -> None:
    full, short = make_photo(alice, caption="x" * 498), make_photo(alice, caption="x")
    assert bulk.add_tags(alice.pk, [full.pk, short.pk], "fog").said == "Tags added: 1 photo"
    assert captions_and_tags([full])[0] == ("x" * 498, [])


def test_visibility_of_many_with_the_move_of_their_files(alice: User, photos: list[Photo]) -> None:
    Photo.objects.locate(photos[0].pk).update(visibility="private")
    act = bulk.set_visibility(alice.pk, ids_of(photos), "private")
    assert levels_of(photos) == ["private"] * 4
    assert act.said == "3 photos: seen by only you"
    moved = [relocation.assigned_shelf(photo).partition("-")[0] for photo in Photo.objects.of(alice.pk)]
    assert moved == ["priv"] * 4
    Photo.objects.locate(photos[3].pk).update(visibility="followers")  # changed again after the act
    bulk.undo(alice.pk, act.pk)
    assert levels_of(photos) == ["private", "public", "public", "followers"]


def test_albums_are_filled_and_emptied_with_a_way_back(alice: User, photos: list[Photo]) -> None:
    album = albums.create(alice.pk, title="Norway")
    album_places.add(album, [photos[3].pk])
    act = bulk.add_to_album(album, ids_of(photos))
    assert order_of(album, photos) == "3012"
    bulk.undo(alice.pk, act.pk)
    assert order_of(album, photos) == "3"
    bulk.add_to_album(album, ids_of(photos))
    act = bulk.remove_from_album(album, ids_of(photos[:2]))
    assert order_of(album, photos) == "32"
    bulk.undo(alice.pk, act.pk)
    assert order_of(album, photos) == "3012"


def test_the_trash_gives_back_what_one_act_put_there(alice: User, photos: list[Photo]) -> None:
    trash.put(alice.pk, [photos[0].pk])
    act = bulk.put_in_trash(alice.pk, ids_of(photos))
    assert (act.said, trash.photos_for(alice.pk).count()) == ("3 photos moved to the trash", 4)
    bulk.undo(alice.pk, act.pk)
    assert trash.page_for(alice.pk, limit=9) == [photos[0]]


def test_undoing_leaves_a_photo_alone_that_was_changed_again(alice: User, photos: list[Photo]) -> None:
    act = bulk.set_caption(alice.pk, ids_of(photos), "Same")
    Photo.objects.locate(photos[0].pk).update(caption="Better")
    bulk.undo(alice.pk, act.pk)
    assert [caption for caption, _ in captions_and_tags(photos)] == [
        "Better",
        *[f"Day {n} in #Oslo" for n in (1, 2, 3)],
    ]


def test_photos_of_other_owners_are_not_changed(alice: User, carol: User, photos: list[Photo]) -> None:
    before = captions_and_tags(photos), levels_of(photos)
    bulk.set_caption(carol.pk, ids_of(photos), "Mine")
    bulk.set_visibility(carol.pk, ids_of(photos), "private")
    bulk.put_in_trash(carol.pk, ids_of(photos))
    assert (captions_and_tags(photos), levels_of(photos)) == before
    act = bulk.set_caption(alice.pk, ids_of(photos), "Mine")
    assert not bulk.undo(carol.pk, act.pk)
    assert signed_in(carol).post(f"/organise/undo/{act.pid}/").status_code == 302
    assert captions_and_tags(photos)[0][0] == "Mine"


def test_after_ten_minutes_an_act_cannot_be_undone_and_its_row_is_deleted(
    alice: User, photos: list[Photo]
) -> None:
    act = bulk.set_caption(alice.pk, ids_of(photos), "Same")
    Act.objects.locate(act.pk).update(made_at=timezone.now() - timedelta(minutes=11))
    assert not bulk.undo(alice.pk, act.pk)
    assert sum(schedule.forget_acts(alias) for alias in settings.SHARDS) == 1


def test_every_bulk_change_works_by_plain_forms(alice: User, photos: list[Photo]) -> None:
    client = signed_in(alice)
    chosen = {"photo": [photos[0].pid, photos[1].pid]}
    answer = client.post("/organise/", chosen | {"act": "tag", "tags": "fog"}, follow=True)
    assert "Tags added: 2 photos" in answer.content.decode()
    act = Act.objects.of(alice.pk).get()
    answer = client.post(f"/organise/undo/{act.pid}/", follow=True)
    assert "Undone." in answer.content.decode()
    assert captions_and_tags(photos)[0] == ("Day 0 in #Oslo", ["oslo"])
    client.post(
        "/organise/",
        {"photo": ",".join(photo.pid for photo in photos), "act": "visibility", "visibility": "followers"},
    )
    assert levels_of(photos) == ["followers"] * 4
    client.post("/organise/", chosen | {"act": "add", "title": "Norway", "album": ""})
    album = Album.objects.of(alice.pk).get()
    assert order_of(album, photos) == "01"
    client.post("/organise/", {"everything": "1", "act": "add", "album": album.pid})
    assert order_of(album, photos) == "0132"
    inside = f"/organise/?album={album.pid}"
    client.post(inside, {"photo": photos[2].pid, "act": "remove"})
    assert order_of(album, photos) == "013"
    client.post(inside, {"everything": "1", "act": "trash"})
    assert [photo.pk for photo in trash.page_for(alice.pk, limit=9)] == sorted(
        ids_of([photos[0], photos[1], photos[3]])
    )[::-1]
    for wrong in (
        {"act": "tag", "tags": "12"},
        {"act": "caption", "caption": "x" * 501},
        {"act": "caption", "caption": " \n"},
        {"act": ""},
        {"act": "visibility"},
        {"act": "add"},
    ):
        assert "done=" not in client.post("/organise/", {"photo": photos[2].pid} | wrong)["Location"]
    assert "done=" not in client.post("/organise/", {"act": "trash"})["Location"]
    assert client.post("/organise/", {"photo": photos[2].pid, "act": "fly"}).status_code == 404
    assert Client().get("/organise/").status_code == 302


def test_enter_in_a_field_of_the_form_changes_nothing(alice: User, photos: list[Photo]) -> None:
    """On Enter a browser presses the form's first button, so that one must do nothing."""
    client, before = signed_in(alice), captions_and_tags(photos)
    first = re.findall(
        r"<button[^>]*>", client.get("/organise/").content.decode().partition("<photo-select>")[2]
    )[0]
    assert 'name="act" value=""' in first
    for act in ("", "caption"):
        answer = client.post(
            "/organise/", {"everything": "1", "act": act, "caption": "", "tags": "fog"}, follow=True
        )
        assert answer.status_code == 200
        assert "Please press the button" in answer.content.decode() or act
        assert captions_and_tags(photos) == before
        assert not Act.objects.of(alice.pk).exists()


def test_an_albums_level_can_be_that_of_its_photos_too(alice: User, photos: list[Photo]) -> None:
    album = albums.create(alice.pk, title="Norway")
    album_places.add(album, ids_of(photos[:2]))
    form = {"title": "Norway", "visibility": "private"}
    signed_in(alice).post(f"{album.get_absolute_url()}change/", form)
    assert levels_of(photos) == ["public"] * 4
    answer = signed_in(alice).post(
        f"{album.get_absolute_url()}change/", form | {"photos_too": "1"}, follow=True
    )
    assert levels_of(photos) == ["private", "private", "public", "public"]
    assert "Undo" in answer.content.decode()
