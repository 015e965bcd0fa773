"""Reports of photos, comments and people, and the staff's decisions on them.

A decision has a reason and closes every open report of the same subject. Only the staff sees the reporter's name. The
reporter does not learn of the decision; the owner of a removed photo gets a mail with the reason.
"""

from dataclasses import dataclass

from django.core.mail import send_mail
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import languages
from accounts.models import User
from photos.library import deletion
from photos.models import Comment, Photo, Report
from photos.models.reports import MAX_WORDS
from photos.social import comments
from photos.text import cleaning
from sharding.consistency import causal, outbox
from sharding.rows import ids
from sharding.rows.transactions import shard_atomic

PHOTO_REMOVED = "report.photo_removed"
PERSON_HIDDEN = "report.person_hidden"
Kind, State = Report.Kind, Report.State


class NothingToActOn(Exception):
    """The subject is gone, or the decision does not apply to its kind; the message says which."""


@dataclass(frozen=True)
class Subject:
    """A photo, comment or person that can be reported; `owner_id` is the person, the owner or the author."""

    owner_id: int
    kind: str
    excerpt: str
    photo_id: int | None = None
    comment_id: int | None = None

    @property
    def name(self) -> str:
        """Return the unique name, `kind:id`."""
        return f"{self.kind}:{self.comment_id or self.photo_id or self.owner_id}"


def about_person(user: User) -> Subject:
    """Return a person as the subject of a report."""
    return Subject(user.pk, Kind.PERSON, f"{user.display_name()} (@{user.username}) {user.bio}".strip())


def about_photo(photo: Photo) -> Subject:
    """Return a photo as the subject of a report."""
    return Subject(photo.owner_id, Kind.PHOTO, photo.caption, photo_id=photo.pk)


def about_comment(comment: Comment) -> Subject:
    """Return a comment that still has an author as the subject of a report."""
    return Subject(
        comment.author_id or 0, Kind.COMMENT, comment.body, photo_id=comment.photo_id, comment_id=comment.pk
    )


def create(subject: Subject, reporter_id: int, *, category: str, words: str = "") -> Report:
    """Create the report of a subject by a reporter; a second one replaces the words of the first and opens it again."""
    fields = {
        "category": category,
        "words": cleaning.without_nul(words).strip()[:MAX_WORDS],
        "excerpt": subject.excerpt,
        "state": State.OPEN,
    }
    fields_at_first = {"kind": subject.kind, "photo_id": subject.photo_id, "comment_id": subject.comment_id}
    with shard_atomic(owner_id=subject.owner_id):
        made, _ = Report.objects.of(subject.owner_id).update_or_create(
            owner_id=subject.owner_id,
            subject=subject.name,
            reporter_id=reporter_id,
            defaults=fields,
            create_defaults=fields | fields_at_first | {"made_at": timezone.now()},
        )
    return made


def dismiss(report: Report, *, staff_id: int, reason: str) -> None:
    """Close an open report without consequences. Raises NothingToActOn."""
    if report.state != State.OPEN:
        raise NothingToActOn("It is decided already.")
    _close(report, State.DISMISSED, "Dismissed", staff_id=staff_id, reason=reason)


def remove_photo(report: Report, *, staff_id: int, reason: str) -> None:
    """Delete the photo for good and emit the event that mails the reason to its owner. Raises NothingToActOn."""
    with causal.pin():
        photo = Photo.objects.locate(report.photo_id or 0).first()
    if report.kind != Kind.PHOTO or photo is None:
        raise NothingToActOn("There is no photo (any more).")
    with shard_atomic(owner_id=report.owner_id):
        deletion.delete_photo(photo)
        _close(report, State.ACTED, "Photo removed", staff_id=staff_id, reason=reason)
        outbox.add(ids.bucket_of(report.pk), PHOTO_REMOVED, {"report_id": report.pk})


def delete_comment(report: Report, *, staff_id: int, reason: str) -> None:
    """Delete the text of the comment. Raises NothingToActOn."""
    if report.kind != Kind.COMMENT or report.comment_id is None:
        raise NothingToActOn("It is no comment.")
    try:
        comments.delete(report.comment_id, comments.STAFF)
    except comments.NoSuchComment as error:
        raise NothingToActOn("The comment is gone already.") from error
    _close(report, State.ACTED, "Comment deleted", staff_id=staff_id, reason=reason)


def deactivate(report: Report, *, staff_id: int, reason: str) -> None:
    """Deactivate the person and emit the event that moves their files to new addresses. Raises NothingToActOn."""
    people = User.objects.filter(pk=report.owner_id, is_staff=False, is_superuser=False, is_active=True)
    if not people.update(is_active=False):
        raise NothingToActOn("They work here, or are not active any more.")
    with shard_atomic(owner_id=report.owner_id):
        _close(report, State.ACTED, "Person deactivated", staff_id=staff_id, reason=reason)
        outbox.add(ids.bucket_of(report.pk), PERSON_HIDDEN, {"owner_id": report.owner_id})


def tell_removed(report_id: int) -> None:
    """Mail the owner of a removed photo the reason. Raises the mail server's error."""
    with causal.pin():
        report = Report.objects.locate(report_id).first()
    owner = User.objects.filter(pk=report.owner_id, is_active=True).first() if report else None
    if report is None or owner is None or not owner.email:
        return
    with languages.override_for(owner):
        subject = _("Your photo was removed")
        words = render_to_string("photos/mail/removed.txt", {"owner": owner, "report": report})
    send_mail(subject, words, None, [owner.email])


def _close(report: Report, state: str, outcome: str, *, staff_id: int, reason: str) -> None:
    same = Report.objects.of(report.owner_id).filter(
        Q(state=State.OPEN) | Q(pk=report.pk), subject=report.subject
    )
    closed = {"staff_id": staff_id, "reason": reason, "closed_at": timezone.now()}
    same.update(state=state, outcome=outcome, **closed)
