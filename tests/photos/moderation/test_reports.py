"""Reports of all shards reach the staff; each decision has a reason and an author in the log."""

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import Client

from accounts.models import User
from accounts.relations import blocking
from photos.models import Comment, Photo, Report
from photos.moderation import reports
from photos.social import comments
from sharding.models import OutboxEvent
from sharding.rows import ids
from tests.cast import make_neighbour, make_photo

pytestmark = pytest.mark.django_db(databases="__all__")

QUEUE = "/admin/photos/report/"
SPAM = {"category": "spam", "words": "Again and again"}


@pytest.fixture
def staff() -> User:
    return User.objects.create_superuser("root", "root@example.com", "secret")


@pytest.fixture
def admin(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def report(me: User, address: str, **changes: str) -> int:
    client = Client()
    client.force_login(me)
    return client.post(address, SPAM | changes).status_code


def report_of(owner: User) -> Report:
    return Report.objects.of(owner.pk).get()


def decide(admin: Client, action: str, *chosen: Report, **form: str) -> str:
    sent = {"action": action, "_selected_action": [report.pk for report in chosen], **form}
    return admin.post(QUEUE, sent, follow=True).content.decode()


def test_reports_of_all_shards_are_in_one_queue(alice: User, carol: User, admin: Client) -> None:
    neighbour = make_neighbour(alice)
    photo = make_photo(alice, caption="Buy this")
    comment = comments.write(photo, neighbour.pk, "And that")
    for address in (
        f"/p/{photo.pid}/report/",
        f"/p/{photo.pid}/comments/{comment.pk}/report/",
        f"/@{neighbour.username}/report/",
    ):
        assert report(carol, address) == 302
    assert {row.excerpt for row in Report.objects.of(neighbour.pk)} >= {"And that"}
    page = admin.get(QUEUE).content.decode()
    assert page.count("Again and again") == 3
    assert admin.get(f"{QUEUE}{report_of(alice).pk}/change/").status_code == 200
    assert "Again and again" not in admin.get(f"{QUEUE}?state=dismissed").content.decode()
    assert "Again and again" not in admin.get(f"{QUEUE}?category__exact=hate").content.decode()


def test_a_second_report_replaces_the_first_and_nobody_reports_themself(alice: User, carol: User) -> None:
    photo = make_photo(alice)
    assert report(alice, f"/p/{photo.pid}/report/") == 404
    assert report(carol, f"/p/{photo.pid}/report/", category="") == 400
    assert report(carol, f"/p/{photo.pid}/report/") == 302
    assert report(carol, f"/p/{photo.pid}/report/", category="hate") == 302
    assert report_of(alice).category == "hate"


def test_a_photo_that_the_reporter_may_not_see_cannot_be_reported(
    alice: User, bob: User, carol: User
) -> None:
    photo = make_photo(alice, visibility="followers")
    comment = comments.write(photo, alice.pk, "Mine")
    for person, status in ((carol, 404), (bob, 302)):
        assert report(person, f"/p/{photo.pid}/report/") == status
        assert report(person, f"/p/{photo.pid}/comments/{comment.pk}/report/") == status


def test_a_decision_needs_a_reason_and_is_logged(
    alice: User, carol: User, bob: User, admin: Client, staff: User
) -> None:
    photo = make_photo(alice)
    for person in (bob, carol):
        report(person, f"/p/{photo.pid}/report/")
    first = Report.objects.of(alice.pk).order_by("pk")[0]
    assert "Why (kept in the log" in decide(admin, "remove_photo", first)
    assert "Why (kept in the log" in decide(admin, "remove_photo", first, is_confirmed="1", reason=" ")
    assert Photo.objects.locate(photo.pk).exists()

    decide(admin, "remove_photo", first, is_confirmed="1", reason="It sells things")
    assert not Photo.objects.locate(photo.pk).exists()
    closed = Report.objects.of(alice.pk).filter(state="acted", reason="It sells things", staff_id=staff.pk)
    assert closed.count() == 2, "the other report of the same photo is closed with it"
    logged = LogEntry.objects.filter(user=staff, change_message__contains="It sells things")
    assert {entry.object_id for entry in logged} == {str(first.pk), str(alice.pk)}
    owed = OutboxEvent.objects.in_bucket(ids.bucket_of(first.pk)).get(topic=reports.PHOTO_REMOVED)
    reports.tell_removed(owed.payload["report_id"])
    assert mail.outbox[-1].to == [alice.email]
    assert "It sells things" in mail.outbox[-1].body
    assert "It is decided already." in decide(admin, "dismiss", first, is_confirmed="1", reason="Twice")
    assert closed.count() == 2, "what is decided stays decided"


def test_decisions_delete_a_comment_and_deactivate_a_person(
    alice: User, carol: User, bob: User, admin: Client
) -> None:
    photo = make_photo(alice)
    comment = comments.write(photo, carol.pk, "Rude")
    report(bob, f"/p/{photo.pid}/comments/{comment.pk}/report/")
    decide(admin, "remove_photo", report_of(carol), is_confirmed="1", reason="Wrong button")
    assert report_of(carol).state == "open", "it is no photo"
    decide(admin, "delete_comment", report_of(carol), is_confirmed="1", reason="Rude")
    assert Comment.objects.locate(comment.pk).get().body == ""
    assert report_of(carol).excerpt == "Rude"
    report(bob, f"/@{alice.username}/report/")
    decide(admin, "deactivate", report_of(alice), is_confirmed="1", reason="A fraud")
    alice.refresh_from_db()
    assert not alice.is_active
    owed = OutboxEvent.objects.in_bucket(ids.bucket_for_owner(alice.pk)).get(topic=reports.PERSON_HIDDEN)
    assert owed.payload == {"owner_id": alice.pk}


def test_the_right_to_decide_on_reports_does_not_allow_deactivating(
    alice: User, bob: User, carol: User, client: Client
) -> None:
    User.objects.filter(pk=carol.pk).update(is_staff=True)
    carol.user_permissions.add(*Permission.objects.filter(codename__in=["change_report", "view_report"]))
    client.force_login(carol)
    report(bob, f"/@{alice.username}/report/")
    decide(client, "deactivate", report_of(alice), is_confirmed="1", reason="No")
    alice.refresh_from_db()
    assert alice.is_active
    decide(client, "dismiss", report_of(alice), is_confirmed="1", reason="Yes")
    assert report_of(alice).state == "dismissed"


def test_a_line_end_counts_as_one_character(alice: User, carol: User) -> None:
    words = "\r\n".join(["x"] * 500)
    assert report(carol, "/@alice/report/", words=words) == 302
    assert report_of(alice).words == "\n".join(["x"] * 500)


def test_dismissing_a_report_is_a_decision(alice: User, carol: User, admin: Client) -> None:
    photo = make_photo(alice)
    report(carol, f"/p/{photo.pid}/report/")
    decide(admin, "dismiss", report_of(alice), is_confirmed="1", reason="It is a boat")
    assert (report_of(alice).state, report_of(alice).outcome) == ("dismissed", "Dismissed")
    assert Photo.objects.locate(photo.pk).exists()
    report(carol, f"/p/{photo.pid}/report/")
    assert report_of(alice).state == "open", "a second report of it opens it again"


def test_a_blocked_person_can_still_be_reported_by_the_blocker(alice: User, carol: User) -> None:
    blocking.begin(carol, alice, "block")
    assert report(carol, f"/@{alice.username}/report/") == 302
    assert report(alice, f"/@{carol.username}/report/") == 404, "carol does not exist for alice"


def test_a_flood_of_reports_is_stopped(alice: User, carol: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.RATE_LIMITS, "report", {3600: 1})
    photos = [make_photo(alice) for _ in range(3)]
    for photo in photos:
        report(carol, f"/p/{photo.pid}/report/")
    assert Report.objects.of(alice.pk).count() == 1
