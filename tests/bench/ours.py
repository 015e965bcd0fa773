"""Our own rendering as a contestant, in this process, without the sandbox (speed.measure_first_visible has that)."""

from photos.imaging.render import render
from photos.imaging.renditions import ALL, ANIMATION
from tests.bench.worker import Files, serve


def make(original: bytes) -> Files:
    """Return all still files."""
    rendered = render(original, specs=ALL - {ANIMATION})
    return {f"{made.spec.name}{made.spec.suffix}": made.data for made in rendered.renditions}


if __name__ == "__main__":
    serve(make)
