"""Comments below a photo, with answers one level deep. Everything of it is with the photo, on its owner's shard.

What follows from a comment (who is told of it) is owed by an event that names the comment; whoever acts on it looks at
the comment itself, so events may be late, repeated and in any order.
"""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from photos import audience, mentions, tallies
from photos.likes import Gone
from photos.models import Comment, Photo
from photos.social import MAX_COMMENT
from sharding import causal, ids, outbox
from sharding.managers import ShardedQuerySet
from sharding.transactions import shard_atomic

CHANGED = "comment.changed"
PAGE = 30
MAX_ANSWERS = 300
STAFF = 0  # nobody's number


class BadComment(Exception):
    """A comment that cannot be taken as it is; `sentence` is for its author."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NoSuchComment(Exception):
    """It is not there (any more), or is not this person's to change."""


@dataclass(frozen=True)
class Thread:
    """Some comments below a photo, oldest first, each with its answers; `earlier` is the id to go on below."""

    comments: list[tuple[Comment, list[Comment]]]
    earlier: int | None

    def author_ids(self) -> set[int]:
        """Return everybody who wrote something of it."""
        every = (one for comment, answers in self.comments for one in (comment, *answers))
        return {comment.author_id for comment in every if comment.author_id is not None}


def write(photo: Photo, author_id: int, body: str, *, parent_id: int | None = None) -> Comment:
    """Write a comment, or an answer; an answer to an answer joins it below the same comment.

    Raises BadComment, NoSuchComment (what it answers is gone), likes.Gone (the photo is).
    """
    text, mentioned = _checked(body, photo, author_id)
    bucket = ids.bucket_of(photo.pk)
    with causal.pin(), shard_atomic(bucket=bucket):
        if not tallies.hold(photo.pk):
            raise Gone
        comment = Comment(
            photo_id=photo.pk,
            author_id=author_id,
            parent_id=_held_parent(photo.pk, parent_id) if parent_id is not None else None,
            body=text,
            mentioned_ids=mentioned,
            created_at=timezone.now(),
        )
        comment.save()
        tallies.add(photo.pk, comments=1)
        _owe(comment.pk)
    return comment


def edit(photo: Photo, comment_id: int, author_id: int, body: str) -> Comment:
    """Give one's own comment other words; who is newly mentioned is told. Raises BadComment, NoSuchComment."""
    text, mentioned = _checked(body, photo, author_id)
    with causal.pin(), shard_atomic(bucket=ids.bucket_of(photo.pk)):
        comment = _locked(comment_id, author_id=author_id)
        if comment.body != text:
            comment.body, comment.edited_at = text, timezone.now()
            comment.mentioned_ids = sorted({*comment.mentioned_ids, *mentioned})
            comment.version += 1
            comment.save(update_fields=["body", "edited_at", "mentioned_ids", "version"])
            _owe(comment_id)
    return comment


def delete(comment_id: int, person_id: int) -> Comment:
    """Take the words of a comment away: for its author, the owner of the photo, the staff. Raises NoSuchComment."""
    with causal.pin(), shard_atomic(bucket=ids.bucket_of(comment_id)):
        known = Comment.objects.locate(comment_id).values_list("photo_id", "photo__owner_id").first()
        if known is None or not tallies.hold(known[0]):
            raise NoSuchComment
        comment = _locked(comment_id)
        if person_id not in {comment.author_id, known[1], STAFF}:
            raise NoSuchComment
        comment.body, comment.deleted_at = "", timezone.now()
        comment.version += 1
        comment.save(update_fields=["body", "deleted_at", "version"])
        tallies.add(comment.photo_id, comments=-1)
        _owe(comment_id)
    return comment


def find(comment_id: int, photo_id: int) -> Comment | None:
    """Return a comment of a photo that still has its words."""
    shown = Comment.objects.locate(comment_id).filter(photo_id=photo_id, deleted_at__isnull=True)
    found: Comment | None = shown.first()
    return found


def thread(photo_id: int, *, before: int | None = None, limit: int = PAGE) -> Thread:
    """Return the latest comments of a photo, or those before one of them. A deleted one shows if it was answered."""
    tops = _tops(photo_id)
    if before is not None:
        tops = tops.filter(pk__lt=before)
    found = list(tops.order_by("-pk")[: limit + 1])
    comments = _answered(photo_id, found[:limit][::-1])
    return Thread(comments, comments[0][0].pk if len(found) > limit else None)


def thread_around(comment: Comment) -> Thread:
    """Return the one comment below which something was said or changed, with its answers; nothing if it is gone."""
    return Thread(_answered(comment.photo_id, list(_tops(comment.photo_id).filter(pk=top_id(comment)))), None)


def page_of(comment: Comment, limit: int = PAGE) -> int | None:
    """Return below which id the page of comments goes on that ends with this one; None: it is among the latest."""
    newer = _tops(comment.photo_id).filter(pk__gt=top_id(comment))[:limit].count()
    return None if newer < limit else top_id(comment) + 1


def top_id(comment: Comment) -> int:
    """Return the id of the comment that it stands below, or is."""
    return comment.parent_id or comment.pk


def _tops(photo_id: int) -> ShardedQuerySet[Comment]:
    """Return the comments of a photo that answer none, as far as they are shown."""
    rows = _of(photo_id)
    is_answered = Exists(_shown_answers(photo_id).filter(parent_id=OuterRef("pk")))
    return rows.filter(Q(deleted_at__isnull=True) | is_answered, parent__isnull=True)


def _shown_answers(photo_id: int) -> ShardedQuerySet[Comment]:
    return _of(photo_id).filter(parent__isnull=False, deleted_at__isnull=True)


def _answered(photo_id: int, tops: list[Comment]) -> list[tuple[Comment, list[Comment]]]:
    answers: dict[int | None, list[Comment]] = {top.pk: [] for top in tops}
    found = _shown_answers(photo_id).filter(parent_id__in=answers).order_by("pk")[:MAX_ANSWERS]
    for answer in found if answers else ():
        answers[answer.parent_id].append(answer)
    return [(top, answers[top.pk]) for top in tops]


def _checked(body: str, photo: Photo, author_id: int) -> tuple[str, list[int]]:
    """Return a text as it is kept, and whom it mentions of those who may see photo and author. Raises BadComment."""
    # A browser counts a line's end as one character and sends two.
    text = body.replace("\r\n", "\n").replace("\0", "").strip()
    if not text:
        raise BadComment(_("There is nothing to post yet. Write a word or two."))
    if len(text) > MAX_COMMENT:
        raise BadComment(
            _("This is longer than %(most)s characters. Please shorten it.") % {"most": f"{MAX_COMMENT:,}"}
        )
    names = mentions.names(text)
    people = User.objects.filter(username__in=names, is_active=True) if names else User.objects.none()
    mentioned = set(people.values_list("pk", flat=True))
    return text, sorted(audience.of(photo, mentioned, author_id=author_id))


def _held_parent(photo_id: int, parent_id: int) -> int:
    """Return the comment below which an answer stands, kept from being removed meanwhile. Raises NoSuchComment."""
    if ids.bucket_of(parent_id) != ids.bucket_of(photo_id):
        raise NoSuchComment
    rows = _of(photo_id).filter(deleted_at__isnull=True)
    asked: Comment | None = rows.filter(pk=parent_id).first()
    top = top_id(asked) if asked else None
    if top is None or _of(photo_id).select_for_update().filter(pk=top).first() is None:
        raise NoSuchComment
    return top


def _locked(comment_id: int, **whose: int) -> Comment:
    rows = Comment.objects.locate(comment_id).filter(deleted_at__isnull=True, **whose)
    found: Comment | None = rows.select_for_update().first()
    if found is None:
        raise NoSuchComment
    return found


def _owe(comment_id: int) -> None:
    outbox.add(ids.bucket_of(comment_id), CHANGED, {"comment_id": comment_id})


def _of(photo_id: int) -> ShardedQuerySet[Comment]:
    return Comment.objects.in_bucket(ids.bucket_of(photo_id)).filter(photo_id=photo_id)
