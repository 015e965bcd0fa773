"""The trash: hidden from every reader but the owner, restored as it was, deleted after 30 days."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import erasures
from accounts.models import User
from ops.topology.site.site import Site
from photos.files import relocation
from photos.files import s3 as store
from photos.jobs import erasure, schedule, tasks
from photos.library import album_places, albums, quota, trash, visibility
from photos.models import Photo, State
from photos.pipeline import upload
from photos.pipeline.upload_request import FileManifest
from photos.sharing import share_links
from photos.social import comment_page, comments, likes
from sharding.models import OutboxEvent
from sharding.rows import ids
from tests.cast import make_photo, signed_in
from tests.objects import picture
from tests.photos.jobs.fanout import deliver
from tests.photos.pipeline.test_rendering import render_fully, renditions_of, upload_photo

pytestmark = pytest.mark.django_db(databases="__all__")


def set_days_in_trash(photo: Photo, days: float) -> None:
    Photo.objects.locate(photo.pk).update(trashed_at=timezone.now() - timedelta(days=days))


def manifest_of(photo: Photo, level: str = "public") -> FileManifest:
    """Return what a browser declares when the photo's bytes are uploaded again."""
    return FileManifest("again.jpg", 1000, "image/jpeg", photo.sha256, level)


def test_only_its_owner_is_shown_a_trashed_photo_until_it_is_restored(alice: User, bob: User) -> None:
    photo = make_photo(alice, caption="Lost in the #fog", tags=["fog"])
    album = albums.create(alice.pk, title="Norway")
    album_places.add(album, [photo.pk])
    likes.set_liked(photo, bob.pk, is_liked=True)
    comments.write(photo, bob.pk, "Lovely")
    deliver()
    link = share_links.url(share_links.create(photo, share_links.Terms()))
    pages = [
        photo.get_absolute_url(),
        "/",
        "/@alice/",
        "/explore/",
        "/tags/fog/",
        "/search/?q=fog",
        album.get_absolute_url(),
    ]
    people = {"alice": signed_in(alice), "bob": signed_in(bob), "stranger": Client()}

    def pages_with_photo() -> set[tuple[str, str]]:
        return {
            (name, page)
            for name, client in people.items()
            for page in [*pages, "/search/?q=fog", "/favourites/", f"/tiles/?id={photo.pid}", link]
            if photo.stamp in client.get(page).content.decode()
        }

    before = pages_with_photo()
    assert len(before) > 20
    people["alice"].post(f"/p/{photo.pid}/delete/")
    assert pages_with_photo() == {("alice", photo.get_absolute_url())}
    assert people["alice"].get(f"/p/{photo.pid}/edit/").status_code == 404
    assert photo.stamp in people["alice"].get("/trash/").content.decode()
    assert photo.stamp not in people["bob"].get("/trash/").content.decode()
    people["alice"].post("/trash/", {"act": "restore", "photo": photo.pid})
    assert pages_with_photo() == before
    context = comment_page.context(Photo.objects.locate(photo.pk).get(), bob, before=None)
    assert (context["like_count"], len(context["comments"])) == (1, 1)


def test_the_page_of_a_trashed_photo_says_so_and_leads_out_of_the_trash(alice: User, bob: User) -> None:
    photo, client = make_photo(alice, caption="Lost"), signed_in(alice)
    address = photo.get_absolute_url()
    trash.put(alice.pk, [photo.pk])
    page = client.get(address).content.decode()
    assert "This photo is in the trash" in page
    assert "In 30 days it is deleted permanently" in page
    assert [signed_in(bob).get(address).status_code, Client().get(address).status_code] == [404, 404]
    form = {"photo": photo.pid, "page": photo.pid}
    assert client.post("/trash/", {**form, "act": "restore"})["Location"] == address
    assert "This photo is in the trash" not in client.get(address).content.decode()
    trash.put(alice.pk, [photo.pk])
    assert client.post("/trash/", {**form, "act": "delete"})["Location"] == "/trash/"
    assert client.get(address).status_code == 404


def test_the_files_of_a_trashed_photo_move_to_secret_keys(s3: Site, alice: User) -> None:
    photo = render_fully(upload_photo(alice, picture(seed=51)))
    before = {row.key for row in renditions_of(photo)}
    trash.put(alice.pk, [photo.pk])
    deleted = relocation.move_files(photo.pk)
    assert set(deleted) == before
    assert {row.key.partition("/")[0] for row in renditions_of(photo)} == {"priv"}
    trash.restore(alice.pk, [photo.pk])
    relocation.move_files(photo.pk)
    after = {row.key for row in renditions_of(photo)}
    assert {key.partition("/")[0] for key in after} == {"pub"}
    assert not after & before


def test_the_move_of_many_files_is_split_into_several_events(alice: User, monkeypatch: Any) -> None:
    monkeypatch.setattr(visibility, "MOVED_AT_ONCE", 2)
    photos = [make_photo(alice) for _ in range(3)]
    trash.put(alice.pk, [photo.pk for photo in photos])
    bucket = ids.bucket_of(photos[0].pk)
    events = OutboxEvent.objects.in_bucket(bucket).filter(topic=visibility.MANY_CHANGED).order_by("pk")
    assert [event.payload["photo_ids"] for event in events] == [
        [photo.pk for photo in some] for some in (photos[:2], photos[2:])
    ]
    settled: list[int] = []

    def settle(photo_id: int) -> list[str]:
        settled.append(photo_id)
        return []

    monkeypatch.setattr(relocation, "move_files", settle)
    for event in events:
        tasks.reshelve_many.fn(event.pk, event.payload["photo_ids"])
    assert settled == [photo.pk for photo in photos]
    assert not events.filter(relayed_at=None).exists()


def test_a_trashed_photo_uses_quota_until_it_is_deleted_for_good(s3: Site, alice: User) -> None:
    photo = render_fully(upload_photo(alice, picture(seed=52)))
    used = quota.used_bytes(alice.pk)
    trash.put(alice.pk, [photo.pk])
    assert quota.used_bytes(alice.pk) == used > 0
    assert trash.delete(alice.pk, [photo.pk]) == 1
    assert (quota.used_bytes(alice.pk), Photo.objects.of(alice.pk).count()) == (0, 0)


@pytest.mark.parametrize(("days", "is_gone"), [(29.9, False), (30.1, True)])
def test_after_thirty_days_the_scheduler_deletes_it(days: float, is_gone: bool, alice: User) -> None:
    photo = make_photo(alice)
    trash.put(alice.pk, [photo.pk])
    set_days_in_trash(photo, days)
    for alias in settings.SHARDS:
        schedule.empty_trash(alias)
    assert Photo.objects.locate(photo.pk).exists() is not is_gone
    assert trash.restore(alice.pk, [photo.pk]) == ([] if is_gone else [photo.pk])


def test_emptying_a_full_trash_empties_it_at_once_for_its_owner(alice: User, monkeypatch: Any) -> None:
    monkeypatch.setattr(trash, "DELETED_AT_ONCE", 2)
    kept, *photos = [make_photo(alice) for _ in range(5)]
    trash.put(alice.pk, [photo.pk for photo in photos])
    client = signed_in(alice)
    client.post("/trash/", {"act": "empty"})
    assert "The trash is empty" in client.get("/trash/").content.decode()
    assert trash.restore(alice.pk, [photo.pk for photo in photos]) == []
    for alias in settings.SHARDS:
        schedule.empty_trash(alias)
    assert list(Photo.objects.of(alice.pk)) == [kept]


def test_the_same_bytes_bring_a_photo_back_from_the_trash(alice: User) -> None:
    photo = make_photo(alice)
    trash.put(alice.pk, [photo.pk])
    [outcome] = upload.begin(alice.pk, [manifest_of(photo)])
    assert outcome == upload.Duplicate(photo, is_restored=True)
    assert trash.page_for(alice.pk, limit=9) == []
    [outcome] = upload.begin(alice.pk, [manifest_of(photo)])
    assert outcome == upload.Duplicate(photo, is_restored=False), (
        "the second time it is an ordinary duplicate"
    )


def test_a_photo_uploaded_again_takes_its_visibility_from_the_new_request(s3: Site, alice: User) -> None:
    photo = render_fully(upload_photo(alice, picture(seed=41)))
    public = {row.key for row in renditions_of(photo)}
    trash.put(alice.pk, [photo.pk])
    relocation.move_files(photo.pk)
    [outcome] = upload.begin(alice.pk, [manifest_of(photo, "private")])
    assert isinstance(outcome, upload.Duplicate)
    assert (outcome.photo.visibility, outcome.photo.trashed_at) == ("private", None)
    relocation.move_files(photo.pk)
    keys = {row.key for row in renditions_of(photo)}
    assert all(key.startswith("priv/") for key in keys)
    assert not keys & public
    assert not store.keys_below(f"pub/{photo.pid}/")
    topics = OutboxEvent.objects.in_bucket(ids.bucket_of(photo.pk)).values_list("topic", flat=True)
    assert visibility.CHANGED in topics


def test_the_answer_for_a_restored_photo_and_for_a_duplicate_says_who_sees_it(alice: User) -> None:
    photo = make_photo(alice)
    trash.put(alice.pk, [photo.pk])
    file = {"name": "a.jpg", "size": 1000, "type": "image/jpeg", "sha256": photo.sha256}
    client = signed_in(alice)

    def answer(level: str) -> dict[str, Any]:
        body = {"files": [file | {"visibility": level}]}
        [outcome] = client.post("/api/uploads/", body, content_type="application/json").json()["uploads"]
        return dict(outcome)

    restored = answer("private")
    assert (restored["restored"], restored["visibility"]) == (True, "Only you")
    assert restored["seen"] == "only you see it"
    duplicate = answer("public")
    assert (duplicate.get("restored"), duplicate["seen"]) == (None, "only you see it"), "its level is kept"


def test_after_the_trash_is_emptied_the_same_bytes_are_a_new_photo(
    s3: Site, alice: User, monkeypatch: Any
) -> None:
    photo = make_photo(alice)
    trash.put(alice.pk, [photo.pk])
    monkeypatch.setattr(trash, "DELETED_AT_ONCE", 0)
    trash.delete(alice.pk, None)
    [outcome] = upload.begin(alice.pk, [manifest_of(photo)])
    assert isinstance(outcome, upload.Offer)
    assert not Photo.objects.locate(photo.pk).exists()


def test_a_photo_that_failed_is_deleted_at_once(alice: User) -> None:
    photo = make_photo(alice, state=State.FAILED)
    assert trash.put(alice.pk, [photo.pk]) == []
    assert not Photo.objects.locate(photo.pk).exists()


def test_trashes_of_other_owners_are_not_changed(alice: User, carol: User) -> None:
    photo = make_photo(alice)
    assert trash.put(carol.pk, [photo.pk]) == []
    trash.put(alice.pk, [photo.pk])
    for act in ("restore", "delete", "empty"):
        signed_in(carol).post("/trash/", {"act": act, "photo": photo.pid})
    assert trash.page_for(alice.pk, limit=9) == [photo]
    assert Client().post("/trash/", {"act": "empty"}).status_code == 302


def test_the_trash_is_paged_also_when_many_photos_came_at_once(alice: User) -> None:
    photos = [make_photo(alice) for _ in range(5)]
    trash.put(alice.pk, [photo.pk for photo in photos])
    first = trash.page_for(alice.pk, limit=3)
    assert [*first, *trash.page_for(alice.pk, before=first[-1].pk, limit=3)] == photos[::-1]


def test_an_erased_account_leaves_no_trash(alice: User) -> None:
    trash.put(alice.pk, [make_photo(alice).pk])
    assert erasure.survey(alice.pk)["photos"] == 1
    erasure.run(erasures.request(alice.pk).pk)
    assert not Photo.objects.of(alice.pk).exists()
