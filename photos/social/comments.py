"""Comments below a photo, with answers one level deep, on the shard of the photo.

Each change emits an event with the comment's id, from which notifications follow. Its handler reads the comment itself,
so events may be late, repeated and in any order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.db.models import Exists, F, OuterRef, Q, Window
from django.db.models.functions import Coalesce, RowNumber
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from photos.models import Comment, Photo
from photos.models.social import MAX_COMMENT
from photos.social import audience, counters
from photos.social.likes import Gone
from photos.text import cleaning, mentions
from sharding.consistency import outbox
from sharding.rows import buckets, ids
from sharding.rows.managers import ShardedQuerySet
from sharding.rows.transactions import shard_atomic

CHANGED = "comment.changed"
PAGE = 30
ANSWERS = 10  # of each comment at first; a link loads earlier ones
MAX_ANSWERS = 300
STAFF = 0  # the id of no user


class BadComment(Exception):
    """The text of a comment is refused; `sentence` tells its author why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NoSuchComment(Exception):
    """The comment does not exist, is deleted, or is not this person's to change."""


@dataclass(frozen=True)
class Thread:
    """A page of comments below a photo, oldest first, each with its latest answers.

    `earlier` is the cursor of earlier comments, None at the first; `earlier_answers` holds a cursor for each comment
    with earlier answers: {comment id: answer id}. Both mean: with ids below this one.
    """

    comments: list[tuple[Comment, list[Comment]]]
    earlier: int | None
    earlier_answers: dict[int, int] = field(default_factory=dict)

    def author_ids(self) -> set[int]:
        """Return the ids of the authors of its comments and answers."""
        all_comments = (each for top, answers in self.comments for each in (top, *answers))
        return {comment.author_id for comment in all_comments if comment.author_id is not None}


@dataclass(frozen=True)
class Place:
    """The body of a comment, and the query and fragment that lead from its photo's address to it."""

    body: str
    query: str


def write(photo: Photo, author_id: int, body: str, *, parent_id: int | None = None) -> Comment:
    """Write a comment, or an answer with `parent_id`; an answer to an answer goes below the same comment.

    Raises BadComment, NoSuchComment (the parent does not exist), likes.Gone (the photo does not).
    """
    text, mentioned = _checked(body, photo, author_id)
    bucket = ids.bucket_of(photo.pk)
    with shard_atomic(bucket=bucket):
        if not counters.lock_photo(photo.pk):
            raise Gone
        comment = Comment(
            photo_id=photo.pk,
            author_id=author_id,
            parent_id=_locked_parent(photo.pk, parent_id) if parent_id is not None else None,
            body=text,
            mentioned_ids=mentioned,
            created_at=timezone.now(),
        )
        comment.save()
        counters.add(photo.pk, comments=1)
        _owe(comment.pk)
    return comment


def edit(photo: Photo, comment_id: int, author_id: int, body: str) -> Comment:
    """Change the text of the author's own comment; newly mentioned people are notified.

    Raises BadComment, NoSuchComment.
    """
    text, mentioned = _checked(body, photo, author_id)
    with shard_atomic(bucket=ids.bucket_of(photo.pk)):
        comment = _locked(comment_id, author_id=author_id)
        if comment.body != text:
            comment.body, comment.edited_at = text, timezone.now()
            new = [person_id for person_id in mentioned if person_id not in comment.mentioned_ids]
            room = max(0, mentions.MAX_MENTIONS - len(comment.mentioned_ids))
            comment.mentioned_ids = sorted([*comment.mentioned_ids, *new[:room]])
            comment.version += 1
            comment.save(update_fields=["body", "edited_at", "mentioned_ids", "version"])
            _owe(comment_id)
    return comment


def delete(comment_id: int, person_id: int) -> Comment:
    """Delete a comment's text, for its author, the photo's owner or STAFF. Raises NoSuchComment."""
    with shard_atomic(bucket=ids.bucket_of(comment_id)):
        photo_and_owner = (
            Comment.objects.locate(comment_id).values_list("photo_id", "photo__owner_id").first()
        )
        if photo_and_owner is None or not counters.lock_photo(photo_and_owner[0]):
            raise NoSuchComment
        comment = _locked(comment_id)
        if person_id not in {comment.author_id, photo_and_owner[1], STAFF}:
            raise NoSuchComment
        comment.body, comment.deleted_at = "", timezone.now()
        comment.version += 1
        comment.save(update_fields=["body", "deleted_at", "version"])
        counters.add(comment.photo_id, comments=-1)
        _owe(comment_id)
    return comment


def find(comment_id: int, photo_id: int) -> Comment | None:
    """Return a comment of the photo; None when it does not exist or is deleted."""
    rows = Comment.objects.locate(comment_id).filter(photo_id=photo_id, deleted_at__isnull=True)
    comment: Comment | None = rows.first()
    return comment


def thread(
    photo_id: int, *, before: int | None = None, answers_before: int | None = None, limit: int = PAGE
) -> Thread:
    """Return the latest `limit` comments of a photo, or of those with ids below `before`.

    Deleted comments are included if they have answers. With `answers_before`, the last comment has its answers with ids
    below that.
    """
    tops, answers = _tops(photo_id), _answers(photo_id)
    if before is not None:
        tops = tops.filter(pk__lt=before)
    newest_first = list(tops.order_by("-pk")[: limit + 1])
    if newest_first and answers_before is not None:
        answers = answers.exclude(parent_id=newest_first[0].pk, pk__gte=answers_before)
    earlier = newest_first[limit - 1].pk if len(newest_first) > limit else None
    return _with_answers(newest_first[:limit][::-1], answers, earlier)


def thread_around(comment: Comment) -> Thread:
    """Return the thread of a changed comment: the comment at its top with answers; no comments if that is gone.

    The answers are the latest, or all from the changed one on, where that is earlier.
    """
    top, answers = list(_tops(comment.photo_id).filter(pk=top_id(comment))), _answers(comment.photo_id)
    latest = _with_answers(top, answers)
    if comment.pk >= latest.earlier_answers.get(top_id(comment), 0) or comment.parent_id is None:
        return latest
    in_thread = answers.filter(parent_id=top_id(comment))
    has_earlier = in_thread.filter(pk__lt=comment.pk).exists()
    from_changed = list(in_thread.filter(pk__gte=comment.pk).order_by("pk")[:MAX_ANSWERS])
    return Thread([(top[0], from_changed)], None, {top[0].pk: comment.pk} if has_earlier else {})


def earlier_answers(photo_id: int, comment_id: int, *, before: int) -> Thread:
    """Return one comment with its latest answers of those with ids below `before`. Raises NoSuchComment."""
    top = list(_tops(photo_id).filter(pk=comment_id))
    if not top:
        raise NoSuchComment
    return _with_answers(top, _answers(photo_id).filter(pk__lt=before))


def address(photo: Photo, comment_id: int) -> str:
    """Return the address of the comment on its photo's page; of the comments as a whole when it is deleted."""
    place = places(buckets.shard_of(ids.bucket_of(photo.pk)), [comment_id]).get(comment_id)
    return photo.get_absolute_url() + (place.query if place else "#comments")


def places(alias: str, comment_ids: Sequence[int]) -> dict[int, Place]:
    """Return {comment id: its place} of those comments of a shard that are not deleted."""
    comments = _placed(alias, comment_ids).filter(deleted_at__isnull=True)
    return {
        comment.pk: Place(comment.body, f"{_cursors(comment)}#comment-{comment.pk}") for comment in comments
    }


def page_cursors(comment: Comment) -> str:
    """Return the query string of the page that has the comment; "" when the latest page has it."""
    alias = buckets.shard_of(ids.bucket_of(comment.photo_id))
    return "".join(map(_cursors, _placed(alias, [comment.pk])))


def top_id(comment: Comment) -> int:
    """Return the id of the comment at the top of its thread, which may be its own."""
    return comment.parent_id or comment.pk


def _placed(alias: str, comment_ids: Sequence[int]) -> ShardedQuerySet[Comment]:
    """Return comments with `is_far` (not on the latest page) and `is_answer_far` (not among the latest answers)."""
    rows = Comment.objects.on(alias)
    of_same = rows.filter(photo_id=OuterRef("photo_id"), parent__isnull=True)
    later = of_same.filter(pk__gt=Coalesce(OuterRef("parent_id"), OuterRef("pk")))
    of_parent = rows.filter(parent_id=OuterRef("parent_id"), deleted_at__isnull=True)
    later_answers = of_parent.filter(pk__gt=OuterRef("pk"))
    return rows.filter(pk__in=comment_ids).annotate(
        is_far=Exists(later[PAGE - 1 : PAGE]), is_answer_far=Exists(later_answers[ANSWERS - 1 : ANSWERS])
    )


def _cursors(placed: Comment) -> str:
    is_far, is_answer_far = vars(placed)["is_far"], vars(placed)["is_answer_far"]
    cursors = {"comments": top_id(placed) + 1} if is_far or is_answer_far else {}
    if is_answer_far:
        cursors["answers"] = placed.pk + 1
    return f"?{urlencode(cursors)}" if cursors else ""


def _tops(photo_id: int) -> ShardedQuerySet[Comment]:
    """Return the comments at the top of threads, without those that are deleted and have no answers."""
    is_answered = Exists(_answers(photo_id).filter(parent_id=OuterRef("pk")))
    return Comment.objects.of_photo(photo_id).filter(
        Q(deleted_at__isnull=True) | is_answered, parent__isnull=True
    )


def _checked(body: str, photo: Photo, author_id: int) -> tuple[str, list[int]]:
    """Return the cleaned text, and the ids of mentioned people who may see photo and author. Raises BadComment."""
    text = cleaning.paragraphs(body)
    if not text:
        raise BadComment(_("Please write a comment first."))
    if len(text) > MAX_COMMENT:
        raise BadComment(
            _("This can have up to %(most)s characters. Please shorten it.") % {"most": f"{MAX_COMMENT:,}"}
        )
    names = mentions.usernames(text)
    people = User.objects.filter(username__in=names, is_active=True) if names else User.objects.none()
    mentioned = set(people.values_list("pk", flat=True))
    return text, sorted(audience.viewers_among(photo, mentioned, author_id=author_id))


def _locked_parent(photo_id: int, parent_id: int) -> int:
    """Lock the top of the thread of an answer's parent and return its id. Raises NoSuchComment."""
    if ids.bucket_of(parent_id) != ids.bucket_of(photo_id):
        raise NoSuchComment
    rows = Comment.objects.of_photo(photo_id).filter(deleted_at__isnull=True)
    parent: Comment | None = rows.filter(pk=parent_id).first()
    top = top_id(parent) if parent else None
    if top is None or Comment.objects.of_photo(photo_id).select_for_update().filter(pk=top).first() is None:
        raise NoSuchComment
    return top


def _locked(comment_id: int, **filters: int) -> Comment:
    rows = Comment.objects.locate(comment_id).filter(deleted_at__isnull=True, **filters)
    comment: Comment | None = rows.select_for_update().first()
    if comment is None:
        raise NoSuchComment
    return comment


def _owe(comment_id: int) -> None:
    outbox.add(ids.bucket_of(comment_id), CHANGED, {"comment_id": comment_id})


def _with_answers(
    tops: list[Comment], answers: ShardedQuerySet[Comment], earlier: int | None = None
) -> Thread:
    """Return a thread of these comments with the latest ANSWERS of `answers` to each."""
    answers_of: dict[int | None, list[Comment]] = {top.pk: [] for top in tops}
    number = Window(RowNumber(), partition_by=F("parent_id"), order_by=F("pk").desc())
    latest = answers.filter(parent_id__in=answers_of).annotate(number=number).filter(number__lte=ANSWERS + 1)
    for answer in latest.order_by("pk") if answers_of else ():
        answers_of[answer.parent_id].append(answer)
    with_earlier = [top.pk for top in tops if len(answers_of[top.pk]) > ANSWERS]
    for pk in with_earlier:
        del answers_of[pk][0]
    comments = [(top, answers_of[top.pk]) for top in tops]
    return Thread(comments, earlier, {pk: answers_of[pk][0].pk for pk in with_earlier})


def _answers(photo_id: int) -> ShardedQuerySet[Comment]:
    return Comment.objects.of_photo(photo_id).filter(parent__isnull=False, deleted_at__isnull=True)
