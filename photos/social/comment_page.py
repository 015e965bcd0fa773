"""The comments and counts below a photo, as its page shows them to one reader."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from accounts.models import User
from accounts.profile_card import Person
from accounts.relations import blocks_cache, people_cache
from photos.models import Comment, Photo
from photos.social import comments, counters, likes
from photos.social.comments import Thread
from photos.text import mentions


@dataclass(frozen=True)
class CommentView:
    """A comment and its answers as one reader sees them.

    `person` is None where the comment was deleted, its author is inactive, or a block hides the author. In the last
    case the photo's owner still has `can_delete`.
    """

    id: int
    person: Person | None
    body: str
    html: SafeString
    created_at: datetime
    is_edited: bool
    can_edit: bool
    can_delete: bool
    answers: list["CommentView"] = field(default_factory=list)
    earlier_id: int | None = None

    @property
    def next_id(self) -> int:
        """Return the cursor (`before`) of a page of comments that begins with this one."""
        return self.id + 1

    @property
    def is_visible(self) -> bool:
        """Return whether the reader sees the comment itself, apart from its answers."""
        return self.person is not None or self.can_delete


@dataclass(frozen=True)
class _Reader:
    """A reader of the comments below one photo. `authors` are active and not blocked, {id: user}."""

    user: User | None
    owner_id: int
    blocked_ids: frozenset[int]
    authors: Mapping[int, User]

    def author_of(self, comment: Comment) -> User | None:
        """Return the author, unless the comment is deleted or the reader does not see the author."""
        return self.authors.get(comment.author_id or 0) if comment.deleted_at is None else None

    def is_author(self, comment: Comment) -> bool:
        """Return whether the reader wrote the comment, and nothing has hidden it since."""
        author = self.author_of(comment)
        return self.user is not None and author is not None and self.user.pk == author.pk

    def can_delete(self, comment: Comment) -> bool:
        """Return whether the reader may delete: the author; the photo's owner, also what a block hides."""
        if self.user is None or comment.deleted_at is not None:
            return False
        if self.user.pk != self.owner_id:
            return self.is_author(comment)
        return self.author_of(comment) is not None or comment.author_id in self.blocked_ids


def context(
    photo: Photo, me: User | None, *, before: int | None = None, answers_before: int | None = None
) -> dict[str, Any]:
    """Return the template context of a photo's likes and of one page of its comments."""
    thread = comments.thread(photo.pk, before=before, answers_before=answers_before)
    counts = counters.counts_for(photo.pk)
    return {
        "like_count": counts.likes,
        "comment_count": counts.comments,
        "is_liked": me is not None and likes.is_liked(photo.pk, me.pk),
        "comments": comment_views(thread, photo, me),
        "earlier_id": thread.earlier,
        "is_latest": before is None,
    }


def context_around(comment: Comment, photo: Photo, me: User | None) -> dict[str, Any]:
    """Return what changes on the page after a comment was written, edited or deleted: its thread and the count."""
    thread = comments.thread_around(comment)
    count = counters.counts_for(photo.pk).comments
    return {"comment_count": count, "comments": comment_views(thread, photo, me)}


def comment_views(thread: Thread, photo: Photo, me: User | None) -> list[CommentView]:
    """Return the thread as `me` sees it.

    Comments by inactive or blocked authors appear as deleted. If the author and the photo's owner have blocked each
    other, no reader sees the comment; the owner may still delete it.
    """
    reader = _reader(thread, photo, me)
    views = []
    for comment, answers in thread.comments:
        answer_views = [_view(answer, reader) for answer in answers]
        views.append(
            replace(
                _view(comment, reader),
                answers=[view for view in answer_views if view.is_visible],
                earlier_id=thread.earlier_answers.get(comment.pk),
            )
        )
    return [view for view in views if view.is_visible or view.answers or view.earlier_id]


def _reader(thread: Thread, photo: Photo, me: User | None) -> _Reader:
    people = people_cache.people({photo.owner_id, *thread.author_ids()})
    blocked_ids: frozenset[int] = frozenset()
    for user in (people.get(photo.owner_id), me):
        if user is not None:
            blocked_ids |= blocks_cache.for_user(user).blocked_either_way
    authors = {pk: user for pk, user in people.items() if user.is_active and pk not in blocked_ids}
    return _Reader(me, photo.owner_id, blocked_ids, authors)


def _view(comment: Comment, reader: _Reader) -> CommentView:
    author = reader.author_of(comment)
    return CommentView(
        id=comment.pk,
        person=Person.from_user(author) if author else None,
        body=comment.body,
        html=mentions.to_html(comment.body),
        created_at=comment.created_at,
        is_edited=comment.edited_at is not None,
        can_edit=reader.is_author(comment),
        can_delete=reader.can_delete(comment),
    )
