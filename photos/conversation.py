"""What people say of a photo, as its page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from accounts import keptaway, known
from accounts.models import User
from accounts.people import Person
from photos import comments, likes, mentions, tallies
from photos.comments import Thread
from photos.models import Comment, Photo


@dataclass(frozen=True)
class Said:
    """A comment and its answers. Without a `person` it was deleted, or its author is not here any more."""

    id: int
    person: Person | None
    body: str
    html: SafeString
    created_at: datetime
    is_edited: bool
    can_edit: bool
    can_delete: bool
    answers: list["Said"] = field(default_factory=list)


def of(photo: Photo, me: User | None, *, before: int | None = None) -> dict[str, Any]:
    """Return what the photo's page says below the photo: likes, and a page of comments."""
    thread = comments.thread(photo.pk, before=before)
    counts = tallies.of(photo.pk)
    return {
        "like_count": counts.likes,
        "comment_count": counts.comments,
        "is_liked": me is not None and likes.is_liked(photo.pk, me.pk),
        "comments": show(thread, photo, me),
        "earlier_id": thread.earlier,
        "is_latest": before is None,
    }


def around(comment: Comment, photo: Photo, me: User | None) -> dict[str, Any]:
    """Return what of it is another after something was said or changed: one comment with its answers, and the count."""
    thread = comments.thread_around(comment)
    return {"comment_count": tallies.of(photo.pk).comments, "comments": show(thread, photo, me)}


def show(thread: Thread, photo: Photo, me: User | None) -> list[Said]:
    """Return a thread as `me` sees it. What people who are not active have said, or blocked ones, is as if deleted."""
    apart = keptaway.of(me).apart if me else frozenset()
    authors = known.people(thread.author_ids() - apart)
    people = {user.pk: user for user in authors.values() if user.is_active}
    return [
        _said(comment, people, photo, me, [_said(answer, people, photo, me, []) for answer in answers])
        for comment, answers in thread.comments
    ]


def _said(
    comment: Comment, people: Mapping[int, User], photo: Photo, me: User | None, answers: list[Said]
) -> Said:
    author = people.get(comment.author_id or 0) if comment.deleted_at is None else None
    is_mine = me is not None and author is not None and author.pk == me.pk
    is_my_photo = me is not None and me.pk == photo.owner_id
    return Said(
        id=comment.pk,
        person=Person.of(author) if author else None,
        body=comment.body,
        html=mentions.linked(comment.body),
        created_at=comment.created_at,
        is_edited=comment.edited_at is not None,
        can_edit=is_mine,
        can_delete=author is not None and (is_mine or is_my_photo),
        answers=[answer for answer in answers if answer.person is not None],
    )
