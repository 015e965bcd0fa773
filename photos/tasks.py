"""The queue's side of the pipeline: actors take ids, call one verb and may run any number of times."""

import dramatiq

from photos import rendering


@dramatiq.actor(queue_name="media", time_limit=180_000)
def render(photo_id: int) -> None:
    """Make the renditions of one photo."""
    rendering.render(photo_id)
