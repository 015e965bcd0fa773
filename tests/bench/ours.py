"""Our own pipeline as a contestant, in this process: what the sandbox adds is shown elsewhere."""

from photos.imaging.render import render
from photos.imaging.renditions import ALL, ANIMATION
from tests.bench.worker import Files, serve


def make(original: bytes) -> Files:
    """All still files."""
    rendered = render(original, specs=ALL - {ANIMATION})
    return {f"{made.spec.name}{made.spec.suffix}": made.data for made in rendered.renditions}


if __name__ == "__main__":
    serve(make)
