"""Comments below a photo, with answers one level deep. Everything of it is with the photo, on its owner's shard.

What follows from a comment (who is told of it) is owed by an event that names the comment; whoever acts on it looks at
the comment itself, so events may be late, repeated and in any order.
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
ANSWERS = 10  # of each comment; the others are asked for
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
    """Some comments below a photo, oldest first, each with its latest answers; `earlier` is the id to go on below.

    `earlier_answers` has the same for each comment that has more answers: {comment: the id of an answer}.
    """

    comments: list[tuple[Comment, list[Comment]]]
    earlier: int | None
    earlier_answers: dict[int, int] = field(default_factory=dict)

    def author_ids(self) -> set[int]:
        """Return everybody who wrote something of it."""
        every = (one for comment, answers in self.comments for one in (comment, *answers))
        return {comment.author_id for comment in every if comment.author_id is not None}


@dataclass(frozen=True)
class Place:
    """Words of a comment, and how the address of its photo ends for them to be on the page."""

    body: str
    query: str


def write(photo: Photo, author_id: int, body: str, *, parent_id: int | None = None) -> Comment:
    """Write a comment, or an answer; an answer to an answer joins it below the same comment.

    Raises BadComment, NoSuchComment (what it answers is gone), likes.Gone (the photo is).
    """
    text, mentioned = _checked(body, photo, author_id)
    bucket = ids.bucket_of(photo.pk)
    with shard_atomic(bucket=bucket):
        if not counters.lock_photo(photo.pk):
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
        counters.add(photo.pk, comments=1)
        _owe(comment.pk)
    return comment


def edit(photo: Photo, comment_id: int, author_id: int, body: str) -> Comment:
    """Give one's own comment other words; who is newly mentioned is told. Raises BadComment, NoSuchComment."""
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
    """Take the words of a comment away: for its author, the owner of the photo, the staff. Raises NoSuchComment."""
    with shard_atomic(bucket=ids.bucket_of(comment_id)):
        known = Comment.objects.locate(comment_id).values_list("photo_id", "photo__owner_id").first()
        if known is None or not counters.lock_photo(known[0]):
            raise NoSuchComment
        comment = _locked(comment_id)
        if person_id not in {comment.author_id, known[1], STAFF}:
            raise NoSuchComment
        comment.body, comment.deleted_at = "", timezone.now()
        comment.version += 1
        comment.save(update_fields=["body", "deleted_at", "version"])
        counters.add(comment.photo_id, comments=-1)
        _owe(comment_id)
    return comment


def find(comment_id: int, photo_id: int) -> Comment | None:
    """Return a comment of a photo that still has its words."""
    shown = Comment.objects.locate(comment_id).filter(photo_id=photo_id, deleted_at__isnull=True)
    found: Comment | None = shown.first()
    return found


def thread(
    photo_id: int, *, before: int | None = None, answers_before: int | None = None, limit: int = PAGE
) -> Thread:
    """Return the latest comments of a photo, or those before one of them. A deleted one shows if it was answered.

    With `answers_before` the last of them has those answers that are before that one.
    """
    tops, answers = _tops(photo_id), _answers(photo_id)
    if before is not None:
        tops = tops.filter(pk__lt=before)
    found = list(tops.order_by("-pk")[: limit + 1])
    if found and answers_before is not None:
        answers = answers.exclude(parent_id=found[0].pk, pk__gte=answers_before)
    earlier = found[limit - 1].pk if len(found) > limit else None
    return _answered(found[:limit][::-1], answers, earlier)


def thread_around(comment: Comment) -> Thread:
    """Return the one comment below which something was said or changed, with its answers; nothing if it is gone.

    These are the latest, or all from the changed one on.
    """
    top, answers = list(_tops(comment.photo_id).filter(pk=top_id(comment))), _answers(comment.photo_id)
    latest = _answered(top, answers)
    if comment.pk >= latest.earlier_answers.get(top_id(comment), 0) or comment.parent_id is None:
        return latest
    of_top = answers.filter(parent_id=top_id(comment))
    has_earlier = of_top.filter(pk__lt=comment.pk).exists()
    from_it = list(of_top.filter(pk__gte=comment.pk).order_by("pk")[:MAX_ANSWERS])
    return Thread([(top[0], from_it)], None, {top[0].pk: comment.pk} if has_earlier else {})


def earlier_answers(photo_id: int, comment_id: int, *, before: int) -> Thread:
    """Return one comment with those answers that are before one of them. Raises NoSuchComment."""
    top = list(_tops(photo_id).filter(pk=comment_id))
    if not top:
        raise NoSuchComment
    return _answered(top, _answers(photo_id).filter(pk__lt=before))


def address(photo: Photo, comment_id: int) -> str:
    """Return the address of the page on which a comment stands, at its place."""
    found = places(buckets.shard_of(ids.bucket_of(photo.pk)), [comment_id]).get(comment_id)
    return photo.get_absolute_url() + (found.query if found else "#comments")


def places(alias: str, comment_ids: Sequence[int]) -> dict[int, Place]:
    """Return {comment: its words and its place} of those comments of a shard that were not deleted."""
    found = _placed(alias, comment_ids).filter(deleted_at__isnull=True)
    return {each.pk: Place(each.body, f"{_cursors(each)}#comment-{each.pk}") for each in found}


def page_cursors(comment: Comment) -> str:
    """Return the cursors of the page on which a comment stands: none where it is on the latest."""
    alias = buckets.shard_of(ids.bucket_of(comment.photo_id))
    return "".join(map(_cursors, _placed(alias, [comment.pk])))


def top_id(comment: Comment) -> int:
    """Return the id of the comment that it stands below, or is."""
    return comment.parent_id or comment.pk


def _placed(alias: str, comment_ids: Sequence[int]) -> ShardedQuerySet[Comment]:
    """Return comments with whether they are too far down for the latest page, and for the latest answers."""
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
    """Return the comments of a photo that answer none, as far as they are shown."""
    is_answered = Exists(_answers(photo_id).filter(parent_id=OuterRef("pk")))
    return Comment.objects.of_photo(photo_id).filter(
        Q(deleted_at__isnull=True) | is_answered, parent__isnull=True
    )


def _checked(body: str, photo: Photo, author_id: int) -> tuple[str, list[int]]:
    """Return a text as it is kept, and whom it mentions of those who may see photo and author. Raises BadComment."""
    text = cleaning.paragraphs(body)
    if not text:
        raise BadComment(_("There is nothing to post yet. Write a word or two."))
    if len(text) > MAX_COMMENT:
        raise BadComment(
            _("This is longer than %(most)s characters. Please shorten it.") % {"most": f"{MAX_COMMENT:,}"}
        )
    names = mentions.names(text)
    people = User.objects.filter(username__in=names, is_active=True) if names else User.objects.none()
    mentioned = set(people.values_list("pk", flat=True))
    return text, sorted(audience.viewers_among(photo, mentioned, author_id=author_id))


def _held_parent(photo_id: int, parent_id: int) -> int:
    """Return the comment below which an answer stands, kept from being removed meanwhile. Raises NoSuchComment."""
    if ids.bucket_of(parent_id) != ids.bucket_of(photo_id):
        raise NoSuchComment
    rows = Comment.objects.of_photo(photo_id).filter(deleted_at__isnull=True)
    asked: Comment | None = rows.filter(pk=parent_id).first()
    top = top_id(asked) if asked else None
    if top is None or Comment.objects.of_photo(photo_id).select_for_update().filter(pk=top).first() is None:
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


def _answered(tops: list[Comment], answers: ShardedQuerySet[Comment], earlier: int | None = None) -> Thread:
    """Return comments with the latest of these answers to each."""
    shown: dict[int | None, list[Comment]] = {top.pk: [] for top in tops}
    latest = Window(RowNumber(), partition_by=F("parent_id"), order_by=F("pk").desc())
    found = answers.filter(parent_id__in=shown).annotate(place=latest).filter(place__lte=ANSWERS + 1)
    for answer in found.order_by("pk") if shown else ():
        shown[answer.parent_id].append(answer)
    more = [top.pk for top in tops if len(shown[top.pk]) > ANSWERS]
    for top_id in more:
        del shown[top_id][0]
    comments = [(top, shown[top.pk]) for top in tops]
    return Thread(comments, earlier, {top_id: shown[top_id][0].pk for top_id in more})


def _answers(photo_id: int) -> ShardedQuerySet[Comment]:
    return Comment.objects.of_photo(photo_id).filter(parent__isnull=False, deleted_at__isnull=True)
