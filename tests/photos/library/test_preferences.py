"""An owner's preferences: author and licence in every file, coordinates kept or not, and both changed later."""

import hashlib

import pytest

from accounts.models import User
from ops.topology.site.site import Site
from photos.files import keys, retired_files
from photos.files import s3 as store
from photos.imaging.edits import Edits
from photos.imaging.rejections import Rejected
from photos.imaging.sandbox import client as sandbox
from photos.jobs import schedule, tasks
from photos.library import preferences
from photos.models import Location, Photo, Preferences, Rendition, Stage, State
from photos.pipeline import attempts, editing, rendering, upload
from photos.pipeline.upload_request import FileManifest
from sharding.models import OutboxEvent
from sharding.rows import ids
from tests.cast import make_photo, shard_of
from tests.objects import picture, put
from tests.topology import jpeg_factory

pytestmark = pytest.mark.django_db(databases="__all__")

NO_CREDIT = {"author": "", "licence": ""}


def upload_and_render(owner: User, body: bytes) -> Photo:
    """Upload a photo and render all its files."""
    digest = hashlib.sha256(body).hexdigest()
    (offer,) = upload.begin(owner.pk, [FileManifest("sea.jpg", len(body), "image/jpeg", digest)])
    assert isinstance(offer, upload.Offer)
    put(offer.url, offer.headers, body)
    return render_all(upload.finish(owner.pk, offer.ticket)[0])


def render_all(photo: Photo) -> Photo:
    """Render both stages of a photo, as far as they are due."""
    for stage in (Stage.QUICK, Stage.FULL):
        rendering.render(photo.pk, stage)
    photo.refresh_from_db()
    assert photo.state == State.READY
    return photo


def change(owner: User, **changes: str) -> bool:
    """Change some of an owner's preferences; return whether the credit changed."""
    current = preferences.for_owner(owner.pk)
    fields = {"author": current.author, "licence": current.licence, "location": current.location}
    return preferences.change(owner.pk, **(fields | changes))


def files_of(photo: Photo) -> list[bytes]:
    rows = Rendition.objects.of_photo(photo.pk)
    return [store.read(row.key) for row in rows]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collect the ids of photos that are sent into the bulk queue to be rendered completely."""
    photo_ids: list[int] = []
    monkeypatch.setattr(tasks.complete_when_there_is_time, "send", photo_ids.append)
    monkeypatch.setattr("photos.jobs.queues.held", lambda: 0)
    return photo_ids


def test_photos_without_a_credit_keep_the_stamp_they_had_before_there_were_any(alice: User) -> None:
    digest = "ab" * 32
    assert keys.stamp_of(digest, "{}", recipe=2) == "3f03ec97bc38d38e"
    assert keys.stamp_of(digest, "{}", "", recipe=2) == "3f03ec97bc38d38e"
    photo = Photo(owner_id=alice.pk, sha256=digest)
    assert attempts.target_stamp(photo, preferences.for_owner(alice.pk).credit) == keys.stamp_of(digest, "{}")


def test_preferences_are_on_the_shard_of_the_owners_photos(alice: User) -> None:
    change(alice, author="Alice")
    assert Preferences.objects.on(shard_of(alice)).get().owner_id == alice.pk


def test_a_new_photo_carries_the_credit_in_every_file(s3: Site, alice: User) -> None:
    change(alice, author="Alice Liddell", licence="cc-by-4")
    photo = upload_and_render(alice, picture(seed=1))
    assert photo.shown_credit == {"author": "Alice Liddell", "licence": "cc-by-4"}
    for data in files_of(photo):
        assert b"Alice Liddell" in data
        assert b"CC BY 4.0, https://creativecommons.org/licenses/by/4.0/" in data


def test_a_changed_credit_makes_new_files_in_the_bulk_queue_and_retires_the_old_ones(
    s3: Site, alice: User, sent: list[int]
) -> None:
    photo = upload_and_render(alice, picture(seed=2))
    bare = {row.key for row in Rendition.objects.in_bucket(ids.bucket_of(photo.pk))}
    assert change(alice, author="Alice")
    (event,) = OutboxEvent.objects.in_bucket(ids.bucket_of(photo.pk)).filter(topic=preferences.CREDITED)
    assert event.payload == {"owner_id": alice.pk}
    assert schedule.renew_credits(shard_of(alice)) == 1
    assert sent == [photo.pk]

    before = photo.stamp
    assert rendering.render(photo.pk, Stage.FULL) == State.READY
    photo.refresh_from_db()
    assert photo.stamp != before
    assert set(retired_files.retire(photo.pk)) == bare
    assert all(b"Alice" in data for data in files_of(photo))
    for key in bare:
        with pytest.raises(store.NotStored):
            store.stat(key)

    assert schedule.renew_credits(shard_of(alice)) == 0
    assert preferences.for_owner(alice.pk).credit_changed_at is None


def test_undoing_a_credit_gives_the_same_files_as_before(s3: Site, alice: User) -> None:
    photo = upload_and_render(alice, picture(seed=3))
    stamp = photo.stamp
    change(alice, author="Alice")
    assert render_all(photo).stamp != stamp
    change(alice, **NO_CREDIT)
    assert render_all(photo).stamp == stamp
    assert photo.shown_credit == {}
    retired_files.retire(photo.pk)
    assert not any(b"Alice" in data for data in files_of(photo))


def test_photos_are_not_rendered_again_when_the_credit_did_not_change(alice: User, sent: list[int]) -> None:
    make_photo(alice)
    change(alice, author="Alice")
    Preferences.objects.of(alice.pk).update(credit_changed_at=None)
    assert not change(alice, author="Alice", location=Location.AREA)
    assert schedule.renew_credits(shard_of(alice)) == 0
    assert sent == []


def test_an_attempt_that_began_before_the_change_is_followed_by_another(
    s3: Site, alice: User, sent: list[int]
) -> None:
    photo = upload_and_render(alice, picture(seed=4))
    editing.revise(photo, Edits(turns=1))
    attempt = attempts.claim(photo.pk, Stage.FULL)
    assert attempt is not None
    change(alice, author="Alice")
    assert schedule.renew_credits(shard_of(alice)) == 0
    assert preferences.for_owner(alice.pk).credit_changed_at, "one attempt still renders without a credit"
    blank = sandbox.run_render(picture(seed=4), edits=attempt.photo.edits)
    assert rendering.publish(attempt, blank, []) == State.READY
    assert schedule.renew_credits(shard_of(alice)) == 1
    assert render_all(photo).shown_credit == {"author": "Alice"}


def test_a_photo_that_fails_to_render_again_is_not_sent_for_ever(
    s3: Site, alice: User, sent: list[int]
) -> None:
    photo = upload_and_render(alice, picture(seed=5))
    change(alice, author="Alice")
    attempt = attempts.claim(photo.pk, Stage.FULL)
    assert attempt is not None
    assert rendering._refuse(attempt, Rejected("unreadable")) == State.READY
    assert schedule.renew_credits(shard_of(alice)) == 0
    assert preferences.for_owner(alice.pk).credit_changed_at is None
    change(alice, author="Alice Liddell")
    assert schedule.renew_credits(shard_of(alice)) == 1, "another credit is another chance"


def test_no_photo_is_sent_while_the_queues_are_full(
    alice: User, sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_photo(alice)
    change(alice, author="Alice")
    monkeypatch.setattr("photos.jobs.queues.held", lambda: 10_000)
    assert schedule.renew_credits(shard_of(alice)) == 0
    monkeypatch.setattr("photos.jobs.queues.held", lambda: 0)
    assert schedule.renew_credits(shard_of(alice)) == 1


def test_the_editor_starts_from_the_unedited_picture_whatever_the_credit_was_then(
    s3: Site, alice: User
) -> None:
    change(alice, author="Alice")
    photo = upload_and_render(alice, picture(seed=6))
    editing.revise(photo, Edits(turns=1))
    render_all(photo)
    change(alice, author="Carroll")
    render_all(photo)
    retired_files.retire(photo.pk)
    base = retired_files.find_base(photo)
    assert base is not None
    assert base.key.startswith("priv/")
    assert (base.width, base.height) == (640, 480)
    assert store.read(base.key)


def test_coordinates_are_not_kept_by_default(s3: Site, alice: User) -> None:
    photo = upload_and_render(alice, jpeg_factory.jpeg(900, 600, seed=1))
    assert (photo.latitude, photo.longitude) == (None, None)
    change(alice, location=Location.EXACT)
    change(alice, author="Alice")
    assert render_all(photo).latitude is None, "the setting at the upload counts"


@pytest.mark.parametrize(
    ("location", "place"), [(Location.EXACT, (48.85806, 2.29444)), (Location.AREA, (48.9, 2.3))]
)
def test_coordinates_are_kept_as_exactly_as_the_owner_chose(
    location: Location, place: tuple[float, float], s3: Site, alice: User
) -> None:
    change(alice, location=location)
    photo = upload_and_render(alice, jpeg_factory.jpeg(900, 600, seed=2))
    assert (photo.latitude, photo.longitude) == place
    assert "latitude" not in photo.facts


def test_a_coarser_location_setting_changes_existing_photos(s3: Site, alice: User) -> None:
    change(alice, location=Location.EXACT)
    photo = upload_and_render(alice, jpeg_factory.jpeg(900, 600, seed=3))
    change(alice, location=Location.AREA)
    photo.refresh_from_db()
    assert (photo.location, photo.latitude, photo.longitude) == ("area", 48.9, 2.3)
    change(alice, location=Location.EXACT)
    photo.refresh_from_db()
    assert (photo.location, photo.latitude) == ("area", 48.9), "a finer setting is for new photos only"
    change(alice, location=Location.NONE)
    photo.refresh_from_db()
    assert (photo.location, photo.latitude, photo.longitude) == ("", None, None)


def test_an_attempt_under_way_does_not_bring_removed_coordinates_back(s3: Site, alice: User) -> None:
    change(alice, location=Location.EXACT)
    photo = upload_and_render(alice, jpeg_factory.jpeg(900, 600, seed=4))
    editing.revise(photo, Edits(turns=1))
    attempt = attempts.claim(photo.pk, Stage.FULL)
    assert attempt is not None
    rendered = sandbox.run_render(jpeg_factory.jpeg(900, 600, seed=4), place=Location.EXACT)
    assert rendered.place is not None
    change(alice, location=Location.NONE)
    assert rendering.publish(attempt, rendered, []) == State.READY
    photo.refresh_from_db()
    assert (photo.latitude, photo.longitude) == (None, None)
