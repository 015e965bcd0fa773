"""What must happen from time to time, whether or not a queue or a worker remembers."""

from photos import rendering


def enqueue_overdue(alias: str) -> int:
    """Enqueue every photo of a shard that is past its deadline; return how many."""
    from photos.tasks import render  # noqa: PLC0415 - actors are declared once the broker is

    late = rendering.overdue(alias)
    for photo_id in late:
        render.send(photo_id)
    return len(late)
