"""Rendering: any number of deliveries of a message ends in one set of verified renditions."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from ops.topology.site.site import Site
from photos.display import cards
from photos.files import edge, retired_files
from photos.files import s3 as store
from photos.imaging.edits import Edits
from photos.imaging.rejections import Rejected
from photos.imaging.renditions import specs_for
from photos.imaging.sandbox import client as sandbox
from photos.imaging.sandbox.client import SandboxError
from photos.jobs import queues, schedule
from photos.library import quota
from photos.models import Attempt, Photo, Rendition, Stage, State
from photos.pipeline import attempts, editing, rendering, upload
from photos.pipeline.rendering import TryAgain
from photos.pipeline.upload_request import FileManifest
from sharding.rows import ids
from tests.cast import NOTHING_YET, make_photo
from tests.objects import picture, put

pytestmark = pytest.mark.django_db(databases="__all__")


def upload_photo(owner: User, body: bytes, **fields: Any) -> Photo:
    """Upload an original; return its photo, which waits to be rendered."""
    digest = hashlib.sha256(body).hexdigest()
    (offer,) = upload.begin(owner.pk, [FileManifest("sea.jpg", len(body), "image/jpeg", digest, **fields)])
    assert isinstance(offer, upload.Offer)
    put(offer.url, offer.headers, body)
    return upload.finish(owner.pk, offer.ticket)[0]


def renditions_of(photo: Photo) -> list[Rendition]:
    return list(Rendition.objects.of_photo(photo.pk).order_by("pk"))


def outcomes_of(photo: Photo) -> list[str]:
    rows = Attempt.objects.of_photo(photo.pk)
    return list(rows.order_by("number").values_list("outcome", flat=True))


def render_fully(photo: Photo) -> Photo:
    """Render both stages of a photo; return it as it is then."""
    assert rendering.render(photo.pk, Stage.QUICK) == State.PROCESSING
    assert rendering.render(photo.pk, Stage.FULL) == State.READY
    photo.refresh_from_db()
    return photo


def test_the_small_sizes_come_first_and_then_all_the_others(s3: Site, alice: User) -> None:
    photo = upload_photo(alice, picture(1500, 1000, seed=1))
    assert rendering.render(photo.pk, Stage.QUICK) == State.PROCESSING
    photo.refresh_from_db()
    assert (photo.stage, photo.width, photo.height, photo.is_shown) == ("quick", 1500, 1000, True)
    assert photo.thumbhash
    quick = {(row.name, row.format) for row in renditions_of(photo)}
    assert quick == {(name, form) for name in ("320", "640", "sq256") for form in ("webp", "jpeg")}

    assert rendering.render(photo.pk, Stage.FULL) == State.READY
    photo.refresh_from_db()
    rows = renditions_of(photo)
    assert {(row.name, row.format) for row in rows} == {
        (spec.name, spec.format) for spec in specs_for(1500, 1000)
    }
    assert outcomes_of(photo) == ["done", "done"]
    for row in rows:
        stored = store.stat(row.key)
        assert (stored.bytes, stored.sha256) == (row.bytes, row.sha256)
    tile = cards.tile(photo)
    keys = {row.key for row in rows}
    for entry in [
        *tile.avif_srcset.split(", "),
        *tile.webp_srcset.split(", "),
        *tile.jpeg_srcset.split(", "),
    ]:
        assert entry.split(" ")[0].partition(".testserver/")[2] in keys


def test_messages_delivered_three_times_make_one_set_of_files(s3: Site, alice: User) -> None:
    photo = render_fully(upload_photo(alice, picture(seed=2)))
    before = [row.pk for row in renditions_of(photo)]
    for stage in (Stage.QUICK, Stage.FULL) * 3:
        assert rendering.render(photo.pk, stage) is None
    assert [row.pk for row in renditions_of(photo)] == before
    assert quota.used_bytes(alice.pk) == photo.original_bytes


def test_a_worker_leaves_a_photo_alone_that_another_has_just_begun(s3: Site, alice: User) -> None:
    photo = upload_photo(alice, picture(seed=3))
    assert attempts.claim(photo.pk, Stage.QUICK) is not None
    assert attempts.claim(photo.pk, Stage.QUICK) is None
    Attempt.objects.in_bucket(ids.bucket_of(photo.pk)).update(started_at=timezone.now() - attempts.JUST_BEGUN)
    assert attempts.claim(photo.pk, Stage.QUICK) is not None, "the first worker is likely dead"


def test_the_later_attempt_wins_and_the_earlier_one_changes_nothing(s3: Site, alice: User) -> None:
    photo = upload_photo(alice, picture(seed=4))
    overtaken = attempts.claim(photo.pk, Stage.QUICK)
    assert overtaken is not None
    Attempt.objects.in_bucket(ids.bucket_of(photo.pk)).update(started_at=timezone.now() - attempts.JUST_BEGUN)
    assert rendering.render(photo.pk, Stage.QUICK) == State.PROCESSING
    assert rendering.fail(overtaken, "unreadable", "No.") is None
    photo.refresh_from_db()
    assert (photo.state, photo.failure, photo.attempts) == (State.PROCESSING, "", 2)


def test_a_file_that_is_no_picture_fails_with_its_reason_and_frees_its_quota(s3: Site, alice: User) -> None:
    photo = upload_photo(alice, b"%PDF-1.7 not a photo")
    assert rendering.render(photo.pk, Stage.QUICK) == State.FAILED
    photo.refresh_from_db()
    assert photo.failure_code == "unsupported_format"
    assert "PDF" in photo.failure
    assert outcomes_of(photo) == ["rejected"]
    assert quota.used_bytes(alice.pk) == 0
    assert rendering.render(photo.pk, Stage.QUICK) is None


@pytest.mark.parametrize("error", [Rejected("timed_out"), SandboxError("killed from outside")])
def test_a_file_that_crashes_its_process_is_tried_three_times_and_then_fails(
    error: Exception, s3: Site, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = upload_photo(alice, picture(seed=5))

    def break_down(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr(sandbox, "run_render", break_down)
    for _ in range(2):
        with pytest.raises(TryAgain):
            rendering.render(photo.pk, Stage.QUICK)
    assert rendering.render(photo.pk, Stage.QUICK) == State.FAILED
    assert outcomes_of(photo) == ["crashed"] * 3


def test_a_photo_whose_original_is_lost_fails_with_that_reason(s3: Site, alice: User) -> None:
    photo = upload_photo(alice, picture(seed=6))
    Photo.objects.locate(photo.pk).update(original_key="up/nowhere")
    assert rendering.render(photo.pk, Stage.QUICK) == State.FAILED
    photo.refresh_from_db()
    assert "no longer exists" in photo.failure


def test_an_outage_of_the_store_leaves_the_photo_to_be_tried_again(alice: User) -> None:
    store._client.cache_clear()
    photo = make_photo(alice, state=State.RECEIVED, **NOTHING_YET)
    for _ in range(5):
        with pytest.raises(store.StorageUnavailable):
            rendering.render(photo.pk, Stage.QUICK)
    photo.refresh_from_db()
    assert photo.state == State.PROCESSING
    assert outcomes_of(photo) == ["postponed"] * 5, "an outage does not count against the photo"


def test_private_photos_are_stored_where_the_edge_asks_for_a_signature(s3: Site, alice: User) -> None:
    photo = render_fully(upload_photo(alice, picture(seed=7), visibility="private"))
    assert {row.key.split("/")[0] for row in renditions_of(photo)} == {"priv"}


def test_edits_are_rendered_from_the_original_and_can_be_reverted(s3: Site, alice: User) -> None:
    photo = render_fully(upload_photo(alice, picture(1500, 1000, seed=8)))
    first = photo.stamp
    assert editing.revise(photo, Edits(turns=1))
    photo.refresh_from_db()
    assert (photo.state, photo.stamp, photo.is_shown) == (State.PROCESSING, first, True), (
        "the old version stays"
    )
    render_fully(photo)
    assert (photo.width, photo.height, photo.shown_edits) == (1000, 1500, {"turns": 1})
    assert photo.stamp != first
    assert not editing.revise(photo, Edits(turns=1)), "these are its edits already"

    assert editing.revise(photo, Edits())
    render_fully(photo)
    assert (photo.width, photo.height, photo.stamp) == (1500, 1000, first)


def test_an_edit_undone_before_a_worker_began_it_leaves_the_photo_ready(alice: User) -> None:
    photo = make_photo(alice)
    Photo.objects.locate(photo.pk).update(stamp=attempts.target_stamp(photo, {}))
    assert editing.revise(photo, Edits(turns=1))
    assert editing.revise(photo, Edits())
    assert attempts.claim(photo.pk, Stage.QUICK) is None, "all its files are there"
    photo.refresh_from_db()
    assert (photo.state, photo.attempts) == (State.READY, 0)


def test_edits_that_fail_leave_the_photo_as_it_was(
    s3: Site, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = render_fully(upload_photo(alice, picture(seed=9)))

    def refuse(*args: object, **kwargs: object) -> None:
        raise Rejected("unreadable")

    monkeypatch.setattr(sandbox, "run_render", refuse)
    editing.revise(photo, Edits(turns=2))
    assert rendering.render(photo.pk, Stage.QUICK) == State.READY
    photo.refresh_from_db()
    assert (photo.state, photo.edits, photo.failure_code) == (State.READY, {}, "unreadable")
    assert quota.used_bytes(alice.pk) == photo.original_bytes


def test_files_from_before_an_edit_are_deleted_but_one_private_picture(s3: Site, alice: User) -> None:
    photo = render_fully(upload_photo(alice, picture(1500, 1000, seed=10)))
    old = renditions_of(photo)
    editing.revise(photo, Edits(turns=1))
    render_fully(photo)
    assert sorted(retired_files.retire(photo.pk)) == sorted(row.key for row in old)
    for row in old:
        with pytest.raises(store.NotStored):
            store.stat(row.key)
    base = retired_files.find_base(photo)
    assert base is not None
    assert base.key.startswith("priv/")
    assert (base.width, base.height) == (1280, 853)
    assert store.stat(base.key).bytes
    assert retired_files.retire(photo.pk) == []
    assert {row.stamp for row in renditions_of(photo)} == {photo.stamp, old[0].stamp}


def test_the_uncropped_picture_is_gone_from_the_edge_however_often_that_fails(
    s3: Site, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = render_fully(upload_photo(alice, picture(1500, 1000, seed=11)))
    [public] = [row.key for row in renditions_of(photo) if (row.name, row.format) == ("1280", "jpeg")]
    editing.revise(photo, Edits(turns=1))
    render_fully(photo)
    purged: list[str] = []

    def away(keys: Iterable[str]) -> None:
        raise edge.EdgeUnavailable

    monkeypatch.setattr(edge, "purge", away)
    with pytest.raises(edge.EdgeUnavailable):
        retired_files.retire(photo.pk)
    monkeypatch.setattr(edge, "purge", purged.extend)
    assert public in retired_files.retire(photo.pk)
    assert public in purged
    with pytest.raises(store.NotStored):
        store.stat(public)
    base = retired_files.find_base(photo)
    assert base is not None
    assert store.stat(base.key).bytes


def test_a_photo_past_its_deadline_is_found_in_its_table_and_sent_again(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = make_photo(alice, state=State.PROCESSING, **NOTHING_YET)
    fresh = make_photo(alice, state=State.RECEIVED, **NOTHING_YET)
    settled = make_photo(alice, state=State.FAILED)
    old = timezone.now() - attempts.DEADLINE - timedelta(seconds=1)
    for photo in (late, settled):
        Photo.objects.locate(photo.pk).update(state_at=old)
    alias = str(late._state.db)
    assert attempts.overdue(alias) == [late]
    monkeypatch.setattr(queues, "held", lambda: queues.FULL + 1)
    assert schedule.send_overdue(alias) == 0, "the queues are full: adding to them helps no photo"
    monkeypatch.setattr(queues, "held", lambda: 1)
    assert schedule.send_overdue(alias) == 1
    assert schedule.send_overdue(alias) == 0, "it has just been sent"
    assert fresh not in attempts.overdue(alias)


def test_photos_that_wait_while_the_queues_are_empty_are_sent_sooner(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = make_photo(alice, state=State.RECEIVED, **NOTHING_YET)
    Photo.objects.locate(photo.pk).update(state_at=timezone.now() - attempts.IDLE_DEADLINE)
    monkeypatch.setattr(queues, "held", lambda: 1)
    assert schedule.send_overdue(str(photo._state.db)) == 0
    monkeypatch.setattr(queues, "held", lambda: 0)
    assert schedule.send_overdue(str(photo._state.db)) == 1
