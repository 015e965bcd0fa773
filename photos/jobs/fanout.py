"""What an event changes on other people's shards: copies are brought up to date, and promised to whom they are for.

Each of these looks at what is true now, so it may be called at any time: by an event, again, or to mend a drift.
"""

from django.conf import settings

from accounts import blocking, follows
from photos.feed import timelines
from photos.models import Favourite, Photo
from photos.social import favourites, likes, notifications
from photos.social.notifications import Notice
from sharding.consistency import causal, token_handover

FOLLOWERS_AT_ONCE = 2_000


def like(photo_id: int, user_id: int) -> None:
    """Bring up to date the favourite of the liker, and what the photo's owner is told."""
    seen = likes.current(photo_id, user_id)
    favourites.write(photo_id, user_id, seen)
    token_handover.promise(user_id)
    _tell(notifications.for_like(seen) if seen else [])


def comment(comment_id: int) -> None:
    """Bring up to date what everybody concerned is told of a comment."""
    _tell(notifications.for_comment(comment_id))


def follow(follower_id: int, followee_id: int, event_id: int) -> None:
    """Bring up to date what somebody is told of a follower."""
    _tell(notifications.for_follow(follower_id, followee_id, event_id))


def avoid(person_id: int, other_id: int) -> None:
    """Silence what two people were told of each other, as far as one of them wants it so."""
    for owner_id, actor_id in ((person_id, other_id), (other_id, person_id)):
        with causal.pin():
            is_unwanted = blocking.is_silenced(owner_id, actor_id)
        if is_unwanted and notifications.silence(owner_id, actor_id):
            token_handover.promise(owner_id)


def publish(photo_id: int, after: int = 0) -> int | None:
    """Put a photo that is shown on the timelines of some of its owner's followers; return where to go on, or None.

    Of authors with very many followers it is on nobody's: their photos are pulled by whoever reads.
    """
    with causal.pin():
        photo: Photo | None = Photo.objects.locate(photo_id).first()
        if photo is None or follows.is_known_as_popular(photo.owner_id, above=settings.FEED_PUSH_UP_TO):
            return None
        rows = follows.followers(photo.owner_id, after=after, limit=FOLLOWERS_AT_ONCE)
    # Whoever may see it: that is asked on reading, and its owner may still change it.
    timelines.push(photo_id, [follower_id for _, follower_id in rows])
    return rows[-1][0] if len(rows) == FOLLOWERS_AT_ONCE else None


def forget(photo_id: int) -> int:
    """Delete what everybody has of a photo that is gone; return how many rows that were. Raises database errors."""
    with causal.pin():
        return sum(_forget_on(alias, photo_id) for alias in settings.SHARDS)


def _forget_on(alias: str, photo_id: int) -> int:
    deleted, _ = Favourite.objects.on(alias).filter(photo_id=photo_id).delete()
    return int(deleted) + notifications.forget_photo(alias, photo_id)


def _tell(all_told: list[Notice]) -> None:
    for told in all_told:
        notifications.write(told)
        token_handover.promise(told.owner_id)
