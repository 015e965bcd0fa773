"""The queue's side of the pipeline: actors take ids, call one verb and may run any number of times.

Three lanes with workers of their own: `interactive` is what a person waits for, `media` what they will want soon,
`bulk` what has time. A worker that serves several takes the most urgent first.
"""

from typing import Any

import dramatiq

from photos.feed import home
from photos.files import edge, relocation, retired_files
from photos.jobs import erasure, fanout
from photos.library import deletion, visibility
from photos.models import Stage
from photos.moderation import reports
from photos.pipeline import rendering
from photos.sharing import archives
from photos.social import digest
from sharding.consistency import outbox

INTERACTIVE, MEDIA, BULK = "interactive", "media", "bulk"
QUEUES = (INTERACTIVE, MEDIA, BULK)
ERASE_AGAIN_MS = 5_000
PURGE_AGAIN_MS = 15_000  # longer than the edge waits for the store
LIMITS: dict[str, Any] = {
    "time_limit": 180_000,
    "max_retries": 8,
    "min_backoff": 1_000,
    "max_backoff": 60_000,
}


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
    """The same as `show`, for somebody who sends very many at once."""
    rendering.render(photo_id, Stage.QUICK)


@dramatiq.actor(queue_name=BULK, priority=100, **LIMITS)
def complete_when_there_is_time(photo_id: int) -> None:
    """The same as `complete`, for somebody who sent very many, or when a recipe has changed."""
    rendering.render(photo_id, Stage.FULL)


@dramatiq.actor(queue_name=BULK, priority=100, **LIMITS)
def retire(photo_id: int, event_id: int | None = None) -> None:
    """Delete the files that a photo is no longer shown by."""
    _forget_again(retired_files.retire(photo_id))
    _forget_again(relocation.move_files(photo_id))  # a failed upload that came again, with another audience
    if event_id is not None:  # messages of an earlier release do not name it
        outbox.confirm(event_id)


@dramatiq.actor(queue_name=BULK, priority=100, **LIMITS)
def discard(photo_id: int, keys: list[str], event_id: int | None = None) -> None:
    """Delete the bytes of a photo that is gone, and what other people had of it."""
    _forget_again(deletion.discard(photo_id, keys))
    fanout.forget(photo_id)
    if event_id is not None:  # messages of an earlier release do not name it
        outbox.confirm(event_id)


# Whoever hides a photo wants it hidden now.
@dramatiq.actor(queue_name=INTERACTIVE, priority=-10, **LIMITS)
def reshelve(event_id: int, photo_id: int) -> None:
    """Bring a photo's files to where its visibility wants them."""
    _reshelve(event_id, [photo_id])


@dramatiq.actor(queue_name=INTERACTIVE, priority=-5, **LIMITS)
def reshelve_many(event_id: int, photo_ids: list[int]) -> None:
    """The same for some photos that were changed in one act."""
    _reshelve(event_id, photo_ids)


@dramatiq.actor(queue_name=BULK, priority=90, **LIMITS)
def reshelve_when_there_is_time(event_id: int, photo_ids: list[int]) -> None:
    """The same for somebody who changed very many at once."""
    _reshelve(event_id, photo_ids)


@dramatiq.actor(queue_name=BULK, priority=90, **LIMITS)
def renew_addresses(event_id: int, owner_id: int) -> None:
    """Let the addresses of somebody's public pictures lead nowhere; new ones are told to nobody while they are out."""
    visibility.renew_addresses(owner_id)
    outbox.confirm(event_id)


@dramatiq.actor(queue_name=INTERACTIVE, priority=-10, **LIMITS)
def forget_at_edge(keys: list[str]) -> None:
    """Make the edge forget objects that are gone."""
    edge.purge(keys)


# Small and waited for: before any rendering.
@dramatiq.actor(queue_name=INTERACTIVE, priority=-10, **LIMITS)
def spread_like(event_id: int, photo_id: int, user_id: int) -> None:
    """Bring up to date what others have of a like."""
    fanout.like(photo_id, user_id)
    outbox.confirm(event_id)


@dramatiq.actor(queue_name=INTERACTIVE, priority=-10, **LIMITS)
def spread_comment(event_id: int, comment_id: int) -> None:
    """Bring up to date who is told of a comment."""
    fanout.comment(comment_id)
    outbox.confirm(event_id)


@dramatiq.actor(queue_name=INTERACTIVE, priority=-10, **LIMITS)
def spread_follow(event_id: int, follower_id: int, followee_id: int) -> None:
    """Bring up to date whether somebody is told that they are followed."""
    fanout.follow(follower_id, followee_id, event_id)
    outbox.confirm_in_directory(event_id)


@dramatiq.actor(queue_name=INTERACTIVE, priority=-10, **LIMITS)
def spread_avoidance(event_id: int, person_id: int, other_id: int) -> None:
    """Silence what is unread of somebody who is avoided now."""
    fanout.avoid(person_id, other_id)
    outbox.confirm_in_directory(event_id)


@dramatiq.actor(queue_name=BULK, priority=100, **LIMITS)
def tell_removed(event_id: int, report_id: int) -> None:
    """Mail somebody why their photo was removed."""
    reports.tell_removed(report_id)
    outbox.confirm(event_id)


@dramatiq.actor(queue_name=BULK, priority=100, **LIMITS)
def mail_digest(owner_id: int) -> None:
    """Mail somebody their news, if it is time for that."""
    digest.send(owner_id)


# Piece by piece, after what concerns one person: a popular author's followers do not keep others waiting.
@dramatiq.actor(queue_name=INTERACTIVE, priority=-5, **LIMITS)
def publish(event_id: int, photo_id: int, after: int = 0) -> None:
    """Put a photo on the timelines of some followers, and send for the rest."""
    rest = fanout.publish(photo_id, after)
    if rest is None:
        outbox.confirm(event_id)
    else:
        publish.send(event_id, photo_id, rest)


@dramatiq.actor(queue_name=INTERACTIVE, priority=-5, **LIMITS)
def rebuild_timeline(person_id: int) -> None:
    """Make a timeline that was found missing."""
    home.rebuild(person_id)


@dramatiq.actor(queue_name=BULK, priority=90, **LIMITS | {"time_limit": 900_000})
def pack(album_id: int, link_id: int | None = None) -> None:
    """Pack an album into one file, for its owner or for whoever has a link to it."""
    archives.pack_for(album_id, link_id)


@dramatiq.actor(queue_name=BULK, priority=100, **LIMITS)
def erase(event_id: int, erasure_id: int) -> None:
    """Go on with the erasure of an account, and come back until it is finished."""
    is_finished = erasure.run(erasure_id)
    if is_finished:
        outbox.confirm_in_directory(event_id)
    elif is_finished is not None:
        erase.send_with_options(args=(event_id, erasure_id), delay=ERASE_AGAIN_MS)


def _reshelve(event_id: int, photo_ids: list[int]) -> None:
    _forget_again([key for photo_id in photo_ids for key in relocation.move_files(photo_id)])
    outbox.confirm(event_id)


def _forget_again(gone: list[str]) -> None:
    """Once more, a little later: what the edge was fetching while it was told to forget."""
    if gone:
        forget_at_edge.send_with_options(args=(gone,), delay=PURGE_AGAIN_MS)
