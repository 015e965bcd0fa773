"""Many photos at once: one act, in one transaction, undone in one."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from photos.files import relocation
from photos.jobs import schedule
from photos.library import albums, bulk, trash
from photos.models import Act, Album, Photo
from photos.text import tags
from tests.cast import make_photo
from tests.photos.library.test_albums import order, signed_in

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def photos(alice: User) -> list[Photo]:
    return [make_photo(alice, caption=f"Day {n} in #Oslo", tags=["oslo"]) for n in range(4)]


def ids_of(photos: list[Photo]) -> list[int]:
    return [photo.pk for photo in photos]


def words(photos: list[Photo]) -> list[tuple[str, list[str]]]:
    rows = Photo.objects.of(photos[0].owner_id).order_by("pk")
    return list(rows.values_list("caption", "tags"))


def levels(photos: list[Photo]) -> list[str]:
    return list(Photo.objects.of(photos[0].owner_id).order_by("pk").values_list("visibility", flat=True))


def test_one_caption_for_all_and_back(alice: User, photos: list[Photo]) -> None:
    before = words(photos)
    act = bulk.describe(alice.pk, ids_of(photos[:3]), "By  the #sea")
    assert words(photos) == [("By the #sea", ["sea"])] * 3 + before[3:]
    assert act.said == "Caption changed: 3 photos"
    assert bulk.undo(alice.pk, act.pk)
    assert words(photos) == before
    assert not bulk.undo(alice.pk, act.pk), "once"


def test_tags_come_and_go_and_sentences_stay(alice: User, photos: list[Photo]) -> None:
    added = bulk.add_tags(alice.pk, ids_of(photos), "#Fog harbour, oslo")
    assert words(photos)[0] == ("Day 0 in #Oslo #fog #harbour", ["oslo", "fog", "harbour"])
    removed = bulk.remove_tags(alice.pk, ids_of(photos), "fog")
    assert words(photos)[0] == ("Day 0 in #Oslo #harbour", ["oslo", "harbour"])
    bulk.undo(alice.pk, removed.pk)
    bulk.undo(alice.pk, added.pk)
    assert words(photos)[0] == ("Day 0 in #Oslo", ["oslo"])


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
    assert words([full])[0] == ("x" * 498, [])


def test_visibility_of_many_with_the_move_of_their_files(alice: User, photos: list[Photo]) -> None:
    Photo.objects.locate(photos[0].pk).update(visibility="private")
    act = bulk.set_visibility(alice.pk, ids_of(photos), "private")
    assert levels(photos) == ["private"] * 4
    assert act.said == "3 photos: seen by only you"
    moved = [relocation.assigned_shelf(photo).partition("-")[0] for photo in Photo.objects.of(alice.pk)]
    assert moved == ["priv"] * 4
    Photo.objects.locate(photos[3].pk).update(visibility="followers")  # meanwhile, by itself
    bulk.undo(alice.pk, act.pk)
    assert levels(photos) == ["private", "public", "public", "followers"]


def test_albums_are_filled_and_emptied_with_a_way_back(alice: User, photos: list[Photo]) -> None:
    album = albums.create(alice.pk, title="Norway")
    albums.add(album, [photos[3].pk])
    act = bulk.add_to_album(album, ids_of(photos))
    assert order(album, photos) == "3012"
    bulk.undo(alice.pk, act.pk)
    assert order(album, photos) == "3"
    bulk.add_to_album(album, ids_of(photos))
    act = bulk.remove_from_album(album, ids_of(photos[:2]))
    assert order(album, photos) == "32"
    bulk.undo(alice.pk, act.pk)
    assert order(album, photos) == "3012"


def test_the_trash_gives_back_what_one_act_put_there(alice: User, photos: list[Photo]) -> None:
    trash.put(alice.pk, [photos[0].pk])
    act = bulk.put_in_trash(alice.pk, ids_of(photos))
    assert (act.said, trash.of(alice.pk).count()) == ("3 photos moved to the trash", 4)
    bulk.undo(alice.pk, act.pk)
    assert trash.page(alice.pk, limit=9) == [photos[0]]


def test_what_was_changed_again_since_is_left_alone(alice: User, photos: list[Photo]) -> None:
    act = bulk.describe(alice.pk, ids_of(photos), "Same")
    Photo.objects.locate(photos[0].pk).update(caption="Better")
    bulk.undo(alice.pk, act.pk)
    assert [caption for caption, _ in words(photos)] == ["Better", *[f"Day {n} in #Oslo" for n in (1, 2, 3)]]


def test_nobody_elses_photos_are_touched(alice: User, carol: User, photos: list[Photo]) -> None:
    before = words(photos), levels(photos)
    bulk.describe(carol.pk, ids_of(photos), "Mine")
    bulk.set_visibility(carol.pk, ids_of(photos), "private")
    bulk.put_in_trash(carol.pk, ids_of(photos))
    assert (words(photos), levels(photos)) == before
    act = bulk.describe(alice.pk, ids_of(photos), "Mine")
    assert not bulk.undo(carol.pk, act.pk)
    assert signed_in(carol).post(f"/organise/undo/{act.pid}/").status_code == 302
    assert words(photos)[0][0] == "Mine"


def test_after_ten_minutes_it_stays_and_is_forgotten(alice: User, photos: list[Photo]) -> None:
    act = bulk.describe(alice.pk, ids_of(photos), "Same")
    Act.objects.locate(act.pk).update(made_at=timezone.now() - timedelta(minutes=11))
    assert not bulk.undo(alice.pk, act.pk)
    assert sum(schedule.forget_acts(alias) for alias in settings.SHARDS) == 1


def test_everything_is_done_by_plain_forms(alice: User, photos: list[Photo]) -> None:
    client = signed_in(alice)
    chosen = {"photo": [photos[0].pid, photos[1].pid]}
    answer = client.post("/organise/", chosen | {"act": "tag", "tags": "fog"}, follow=True)
    assert "Tags added: 2 photos" in answer.content.decode()
    act = Act.objects.of(alice.pk).get()
    answer = client.post(f"/organise/undo/{act.pid}/", follow=True)
    assert "It is undone" in answer.content.decode()
    assert words(photos)[0] == ("Day 0 in #Oslo", ["oslo"])
    client.post(
        "/organise/",
        {"photo": ",".join(photo.pid for photo in photos), "act": "visibility", "visibility": "followers"},
    )
    assert levels(photos) == ["followers"] * 4
    client.post("/organise/", chosen | {"act": "add", "title": "Norway", "album": ""})
    album = Album.objects.of(alice.pk).get()
    assert order(album, photos) == "01"
    client.post("/organise/", {"everything": "1", "act": "add", "album": album.pid})
    assert order(album, photos) == "0132"
    inside = f"/organise/?album={album.pid}"
    client.post(inside, {"photo": photos[2].pid, "act": "remove"})
    assert order(album, photos) == "013"
    client.post(inside, {"everything": "1", "act": "trash"})
    assert [photo.pk for photo in trash.page(alice.pk, limit=9)] == sorted(
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


def test_no_button_of_the_form_is_pressed_by_an_enter_in_it(alice: User, photos: list[Photo]) -> None:
    """A browser presses the first button of the form, whatever it is."""
    client, before = signed_in(alice), words(photos)
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
        assert words(photos) == before
        assert not Act.objects.of(alice.pk).exists()


def test_an_albums_level_can_be_that_of_its_photos_too(alice: User, photos: list[Photo]) -> None:
    album = albums.create(alice.pk, title="Norway")
    albums.add(album, ids_of(photos[:2]))
    said = {"title": "Norway", "visibility": "private"}
    signed_in(alice).post(f"{album.get_absolute_url()}change/", said)
    assert levels(photos) == ["public"] * 4
    answer = signed_in(alice).post(
        f"{album.get_absolute_url()}change/", said | {"photos_too": "1"}, follow=True
    )
    assert levels(photos) == ["private", "private", "public", "public"]
    assert "Undo" in answer.content.decode()
