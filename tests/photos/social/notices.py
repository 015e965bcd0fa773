"""The notifications of a person, as tests compare them."""

from accounts.models import User
from photos.social import notifications


def notices_of(user: User) -> list[tuple[str, int]]:
    """Return [(kind, actor id)] of the user's notifications, newest first."""
    return [(row.kind, row.actor_id) for row in notifications.latest(user.pk)]
