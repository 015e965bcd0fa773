"""What people say of a photo, as its page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from accounts import blocks_cache, people_cache
from accounts.models import User
from accounts.profile_card import Person
from photos.models import Comment, Photo
from photos.social import comments, counters, likes
from photos.social.comments import Thread
from photos.text import mentions


@dataclass(frozen=True)
class CommentView:
    """A comment and its answers. Without a `person` it was deleted, or its author is not here any more.

    One without a `person` that can be deleted is by somebody whom a block keeps away from the photo's owner.
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
        """Return the id below which comments go on with this one."""
        return self.id + 1

    @property
    def is_visible(self) -> bool:
        """Return whether there is anything of it itself for its viewer."""
        return self.person is not None or self.can_delete


def context(
    photo: Photo, me: User | None, *, before: int | None = None, answers_before: int | None = None
) -> dict[str, Any]:
    """Return what the photo's page says below the photo: likes, and a page of comments."""
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
    """Return what of it is another after something was said or changed: one comment with its answers, and the count."""
    thread = comments.thread_around(comment)
    return {
        "comment_count": counters.counts_for(photo.pk).comments,
        "comments": comment_views(thread, photo, me),
    }


def comment_views(thread: Thread, photo: Photo, me: User | None) -> list[CommentView]:
    """Return a thread as `me` sees it. What people who are not active have said, or blocked ones, is as if deleted.

    Whom a block keeps away from the photo's owner nobody hears below it; the owner can still delete it.
    """
    known_people = people_cache.people({photo.owner_id, *thread.author_ids()})
    owner = known_people.get(photo.owner_id)
    apart = (blocks_cache.for_user(owner).blocked_either_way if owner else frozenset()) | (
        blocks_cache.for_user(me).blocked_either_way if me else frozenset()
    )
    people = {pk: user for pk, user in known_people.items() if user.is_active and pk not in apart}
    all_said = []
    for comment, answers in thread.comments:
        there = [
            said for answer in answers if (said := _comment_view(answer, people, apart, photo, me)).is_visible
        ]
        earlier_id = thread.earlier_answers.get(comment.pk)
        all_said.append(
            replace(_comment_view(comment, people, apart, photo, me), answers=there, earlier_id=earlier_id)
        )
    return [said for said in all_said if said.is_visible or said.answers or said.earlier_id]


def _comment_view(
    comment: Comment, people: Mapping[int, User], apart: frozenset[int], photo: Photo, me: User | None
) -> CommentView:
    is_kept = comment.deleted_at is None
    author = people.get(comment.author_id or 0) if is_kept else None
    is_hidden = is_kept and comment.author_id in apart
    is_mine = me is not None and author is not None and author.pk == me.pk
    is_my_photo = me is not None and me.pk == photo.owner_id
    return CommentView(
        id=comment.pk,
        person=Person.from_user(author) if author else None,
        body=comment.body,
        html=mentions.to_html(comment.body),
        created_at=comment.created_at,
        is_edited=comment.edited_at is not None,
        can_edit=is_mine,
        can_delete=is_mine or (is_my_photo and (is_hidden or author is not None)),
    )
