"""The workers' jobs: Dramatiq actors that take ids, call one verb, and may run any number of times.

A job that an outbox event owes is declared by `outbox.job`, which enqueues it and confirms the event when it is done.
Messages of the release before may wait in a queue: an actor keeps its name and the order of its arguments.
"""

import dramatiq

from accounts import erasures
from accounts.relations import blocking, follows
from photos.feed import home
from photos.files import edge, relocation, retired_files
from photos.jobs import erasure, fanout
from photos.jobs.queues import BULK, INTERACTIVE, LIMITS, MEDIA
from photos.library import deletion, visibility
from photos.models import Stage
from photos.moderation import reports
from photos.pipeline import rendering
from photos.sharing import archives
from photos.social import comments, digest, likes
from sharding.consistency import outbox

ERASE_AGAIN_MS = 5_000
PURGE_AGAIN_MS = 15_000  # longer than the edge waits for the store
RETIRE_AFTER_MS = 30_000  # longer than a page that is open now goes on loading pictures
RENEWED_WITHIN_SECONDS = 600
RETIRED_WITHIN_SECONDS = 120  # RETIRE_AFTER_MS, and its turn in the bulk queue


@dramatiq.actor(queue_name=INTERACTIVE, priority=0, **LIMITS)
def show(photo_id: int) -> None:
    """Make the small sizes, so that there is something to see."""
    rendering.render(photo_id, Stage.QUICK)


@dramatiq.actor(queue_name=MEDIA, priority=50, **LIMITS)
def complete(photo_id: int) -> None:
    """Make all the other sizes and formats."""
    rendering.render(photo_id, Stage.FULL)


@dramatiq.actor(queue_name=BULK, priority=100, **LIMITS)
def show_when_there_is_time(photo_id: int) -> None:
    """Do the same as `show`, for an owner who has very many photos waiting."""
    rendering.render(photo_id, Stage.QUICK)


@dramatiq.actor(queue_name=BULK, priority=100, **LIMITS)
def complete_when_there_is_time(photo_id: int) -> None:
    """Do the same as `complete`, for an owner who has very many waiting, or when a recipe has changed."""
    rendering.render(photo_id, Stage.FULL)


@outbox.job(
    rendering.READY,
    within_seconds=RETIRED_WITHIN_SECONDS,
    delay_ms=RETIRE_AFTER_MS,
    queue_name=BULK,
    priority=100,
    **LIMITS,
)
def retire(photo_id: int, event_id: int | None = None) -> None:
    """Delete the files by which a photo was shown before it was complete, once open pages no longer load them."""
    _purge_again(retired_files.retire(photo_id))
    # Files of an upload that failed, and was sent again with another visibility.
    _purge_again(relocation.move_files(photo_id))


@outbox.job(deletion.REMOVED, queue_name=BULK, priority=100, **LIMITS)
def discard(photo_id: int, keys: list[str], event_id: int | None = None) -> None:
    """Delete the bytes of a photo that is gone: in the store, at the edge, and the copies that other people have."""
    _purge_again(deletion.delete_files(photo_id, keys))
    fanout.forget(photo_id)


# An owner who hides a photo wants it hidden now.
@outbox.job(visibility.CHANGED, queue_name=INTERACTIVE, priority=-10, **LIMITS)
def reshelve(photo_id: int) -> None:
    """Move a photo's files to where its visibility wants them."""
    _relocate([photo_id])


@outbox.confirming_actor(queue_name=INTERACTIVE, priority=-5, **LIMITS)
def reshelve_many(photo_ids: list[int]) -> None:
    """Do the same for photos that were changed in one act."""
    _relocate(photo_ids)


@outbox.confirming_actor(queue_name=BULK, priority=90, **LIMITS)
def reshelve_when_there_is_time(photo_ids: list[int]) -> None:
    """Do the same for an owner who changed very many at once."""
    _relocate(photo_ids)


@outbox.job(
    reports.PERSON_HIDDEN, within_seconds=RENEWED_WITHIN_SECONDS, queue_name=BULK, priority=90, **LIMITS
)
def renew_addresses(owner_id: int) -> None:
    """Make the old addresses of a hidden owner's public pictures lead nowhere."""
    visibility.renew_storage_prefixes(owner_id)


@dramatiq.actor(queue_name=INTERACTIVE, priority=-10, **LIMITS)
def forget_at_edge(keys: list[str]) -> None:
    """Purge objects that are gone from the edge."""
    edge.purge(keys)


# Small jobs that people wait for: before any rendering.
@outbox.job(likes.CHANGED, queue_name=INTERACTIVE, priority=-10, **LIMITS)
def spread_like(photo_id: int, user_id: int) -> None:
    """Bring the liker's favourites and the owner's notifications up to date with a like."""
    fanout.like(photo_id, user_id)


@outbox.job(comments.CHANGED, queue_name=INTERACTIVE, priority=-10, **LIMITS)
def spread_comment(comment_id: int) -> None:
    """Bring the notifications of everyone a comment concerns up to date."""
    fanout.comment(comment_id)


@outbox.job(follows.CHANGED, in_directory=True, queue_name=INTERACTIVE, priority=-10, **LIMITS)
def spread_follow(event_id: int, follower_id: int, followee_id: int) -> None:
    """Bring the notification about a new follower up to date."""
    fanout.follow(follower_id, followee_id, event_id)


@outbox.job(blocking.CHANGED, in_directory=True, queue_name=INTERACTIVE, priority=-10, **LIMITS)
def spread_avoidance(person_id: int, other_id: int) -> None:
    """Silence unread notifications about a person who is blocked or muted now."""
    fanout.avoid(person_id, other_id)


@outbox.job(reports.PHOTO_REMOVED, queue_name=BULK, priority=100, **LIMITS)
def tell_removed(report_id: int) -> None:
    """Mail an owner why their photo was removed."""
    reports.tell_removed(report_id)


@dramatiq.actor(queue_name=BULK, priority=100, **LIMITS)
def mail_digest(owner_id: int) -> None:
    """Mail an owner their news, if it is time for that."""
    digest.send(owner_id)


# Piece by piece, after what concerns one person: a popular author's followers do not keep other readers waiting.
@outbox.job(rendering.PUBLISHED, queue_name=INTERACTIVE, priority=-5, **LIMITS)
def publish(event_id: int, photo_id: int, after: int = 0) -> object:
    """Put a new photo on the timelines of some of its owner's followers, and enqueue the rest."""
    rest = fanout.publish(photo_id, after)
    if rest is None:
        return None
    publish.send(event_id, photo_id, rest)
    return outbox.STILL_OWED


@dramatiq.actor(queue_name=INTERACTIVE, priority=-5, **LIMITS)
def rebuild_timeline(person_id: int) -> None:
    """Make a timeline that a page has found missing."""
    home.rebuild(person_id)


@dramatiq.actor(queue_name=BULK, priority=90, **LIMITS | {"time_limit": 900_000})
def pack(album_id: int, link_id: int | None = None) -> None:
    """Pack an album into one file, for its owner or for the visitors of one share link."""
    archives.pack_for(album_id, link_id)


@outbox.job(erasures.REQUESTED, in_directory=True, queue_name=BULK, priority=100, **LIMITS)
def erase(event_id: int, erasure_id: int) -> object:
    """Go on with the erasure of an account, and come back until it is finished."""
    is_finished = erasure.run(erasure_id)
    if is_finished is False:
        erase.send_with_options(args=(event_id, erasure_id), delay=ERASE_AGAIN_MS)
    return None if is_finished else outbox.STILL_OWED


def _relocate(photo_ids: list[int]) -> None:
    _purge_again([key for photo_id in photo_ids for key in relocation.move_files(photo_id)])


def _purge_again(keys: list[str]) -> None:
    """Purge once more, a little later: the edge may have been fetching these while it was first told to forget them."""
    if keys:
        forget_at_edge.send_with_options(args=(keys,), delay=PURGE_AGAIN_MS)
