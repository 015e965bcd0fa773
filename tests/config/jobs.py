"""What the worker processes of test_draining load: Django, the broker, and jobs of a given duration."""

import os
import time
from pathlib import Path

import dramatiq

from config import worker
from photos.jobs.queues import INTERACTIVE, LIMITS

broker = worker.broker
DIARY = Path(os.environ.get("JOBS_DIARY", os.devnull))


@dramatiq.actor(queue_name=INTERACTIVE, **LIMITS)
def work(name: str, seconds: float) -> None:
    """Record when this pod begins and ends a job."""
    write(name, "began")
    time.sleep(seconds)
    write(name, "ended")


def write(name: str, what: str) -> None:
    """Append a line in one write, which other processes cannot interrupt."""
    with DIARY.open("ab", buffering=0) as diary:
        diary.write(f"{time.time()} {os.environ['POD_NAME']} {name} {what}\n".encode())
