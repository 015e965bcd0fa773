"""Writes to other people's shards what follows from an event: favourites, notifications, timelines.

Each function reads what is true now and brings the copies up to date, so it may run at any time: for an event, for its
retry, or to mend a drift. The person that a copy is for is handed a causal token, so that their next read sees it.
"""

from django.conf import settings

from accounts.relations import blocking, follows
from photos.feed import timelines
from photos.models import Favourite, Photo
from photos.social import favourites, likes, notifications
from photos.social.notifications import Notice
from sharding.consistency import causal, token_handover

FOLLOWERS_AT_ONCE = 2_000


def like(photo_id: int, user_id: int) -> None:
    """Bring the liker's favourite and the owner's notification up to date with a like."""
    like_now = likes.current(photo_id, user_id)
    favourites.write(photo_id, user_id, like_now)
    token_handover.hand_token_to(user_id)
    _notify(notifications.for_like(like_now) if like_now else [])


def comment(comment_id: int) -> None:
    """Bring the notifications about a comment up to date, for every person it concerns."""
    _notify(notifications.for_comment(comment_id))


def follow(follower_id: int, followee_id: int, event_id: int) -> None:
    """Bring the followee's notification about a follower up to date."""
    _notify(notifications.for_follow(follower_id, followee_id, event_id))


def avoid(person_id: int, other_id: int) -> None:
    """Silence the notifications of two people about each other, for the one who has blocked or muted the other."""
    for owner_id, actor_id in ((person_id, other_id), (other_id, person_id)):
        with causal.pin():
            is_unwanted = blocking.is_silenced(owner_id, actor_id)
        if is_unwanted and notifications.silence(owner_id, actor_id):
            token_handover.hand_token_to(owner_id)


def publish(photo_id: int, after: int = 0) -> int | None:
    """Put a photo on the timelines of up to FOLLOWERS_AT_ONCE followers; return the cursor of the next piece, or None.

    Photos of authors with more than FEED_PUSH_UP_TO followers are on no timeline: readers pull them.
    """
    with causal.pin():
        photo: Photo | None = Photo.objects.locate(photo_id).first()
        if photo is None or follows.is_known_as_popular(photo.owner_id, above=settings.FEED_PUSH_UP_TO):
            return None
        rows = follows.followers(photo.owner_id, after=after, limit=FOLLOWERS_AT_ONCE)
    # Followers who may not see the photo get it too: visibility is checked on reading, since the owner may change it.
    timelines.push(photo_id, [follower_id for _, follower_id in rows])
    return rows[-1][0] if len(rows) == FOLLOWERS_AT_ONCE else None


def forget(photo_id: int) -> int:
    """Delete all copies about a photo that is gone; return how many rows. Raises database errors."""
    with causal.pin():
        return sum(_forget_on(alias, photo_id) for alias in settings.SHARDS)


def _forget_on(alias: str, photo_id: int) -> int:
    deleted, _ = Favourite.objects.on(alias).filter(photo_id=photo_id).delete()
    return int(deleted) + notifications.forget_photo(alias, photo_id)


def _notify(notices: list[Notice]) -> None:
    for notice in notices:
        notifications.write(notice)
        token_handover.hand_token_to(notice.owner_id)
