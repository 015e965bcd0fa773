"""What a real worker process loads for the tests of its going: Django, our broker, and jobs that take their time."""

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
    """Write down who began and ended a job, and when."""
    write(name, "began")
    time.sleep(seconds)
    write(name, "ended")


def write(name: str, what: str) -> None:
    """Add a line; one write is whole, whoever else writes."""
    with DIARY.open("ab", buffering=0) as diary:
        diary.write(f"{time.time()} {os.environ['POD_NAME']} {name} {what}\n".encode())
