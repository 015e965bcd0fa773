"""A worker that stops puts back the messages that it had fetched; those of a killed worker are redelivered soon."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import dramatiq
import pytest
from dramatiq.brokers.redis import RedisBroker

from ops.topology.servers.pods import DRAIN_MS
from photos.jobs.queues import INTERACTIVE
from tests.valkeys import Valkey

Start = Callable[..., "subprocess.Popen[bytes]"]
JOBS = 8
LONG_SECONDS, SHORT_SECONDS = 3.0, 0.05
REDELIVERED_SECONDS = 20.0


@dataclass(frozen=True)
class Line:
    """A line of the diary: a job began or ended."""

    at: float
    pod: str
    job: str
    what: str


class Diary:
    """The file in which jobs record when they begin and end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def lines(self, what: str, pod: str = "") -> list[Line]:
        """Return the lines with the event `what`, of one pod or of all."""
        parts = (line.split() for line in self.path.read_text().splitlines())
        lines = [Line(float(at), writer, job, event) for at, writer, job, event in parts]
        return [line for line in lines if line.what == what and pod in {"", line.pod}]

    def wait(self, is_so: Callable[[], bool], seconds: float) -> None:
        """Wait until a condition on the diary holds."""
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, self.path.read_text()
            time.sleep(0.05)


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    return Diary(tmp_path / "diary")


@pytest.fixture
def start(own: Valkey, diary: Diary) -> Iterator[Start]:
    """Start worker processes as pods do, each in a process group of its own; kill those that are left."""
    started: list[subprocess.Popen[bytes]] = []

    def start_one(name: str, threads: int = 1) -> "subprocess.Popen[bytes]":
        argv = [sys.executable, "-m", "dramatiq", "tests.config.jobs", "--processes", "1"]
        argv += [
            "--threads",
            str(threads),
            "--queues",
            INTERACTIVE,
            "--worker-shutdown-timeout",
            str(DRAIN_MS),
            "--skip-logging",
        ]
        environment = os.environ | {"QUEUE_URL": own.url, "POD_NAME": name, "JOBS_DIARY": str(diary.path)}
        started.append(subprocess.Popen(argv, env=environment, start_new_session=True))
        return started[-1]

    yield start_one
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def send(broker: RedisBroker, seconds: list[float]) -> None:
    """Enqueue a job for each duration, in this order."""
    for number, each in enumerate(seconds):
        broker.enqueue(
            dramatiq.Message(
                queue_name=INTERACTIVE, actor_name="work", args=(f"job{number}", each), kwargs={}, options={}
            )
        )


def running_workers(broker: RedisBroker) -> int:
    """Return how many processes have asked the queue for something, as a worker does once it has booted."""
    return int(broker.client.zcard(f"{broker.namespace}:__heartbeats__"))


def held_by_workers(broker: RedisBroker) -> int:
    """Return how many messages workers have fetched and not acknowledged."""
    keys = broker.client.keys(f"{broker.namespace}:__acks__.*.{INTERACTIVE}")
    return sum(int(broker.client.scard(key)) for key in keys)


def test_a_worker_that_is_told_to_stop_puts_back_what_it_had_fetched_ahead(
    broker: RedisBroker, diary: Diary, start: Start
) -> None:
    # The worker that takes over boots first, and is frozen until there is something to take over.
    staying = start("staying")
    diary.wait(lambda: running_workers(broker) == 1, 60)
    os.killpg(staying.pid, signal.SIGSTOP)
    send(broker, [LONG_SECONDS, *[SHORT_SECONDS] * (JOBS - 1)])
    leaving = start("leaving")
    diary.wait(lambda: bool(diary.lines("began")), 60)
    assert held_by_workers(broker) >= 2, (
        "it has fetched more than it works on, or there is nothing to put back"
    )

    os.killpg(staying.pid, signal.SIGCONT)
    stopped = time.time()
    leaving.send_signal(signal.SIGTERM)
    assert leaving.wait(timeout=DRAIN_MS / 1000 + 5) == 0
    gone = time.time()

    diary.wait(lambda: len(diary.lines("ended")) == JOBS, 10)
    assert [line.job for line in diary.lines("ended", "leaving")] == ["job0"], "it ends what it has begun"
    assert sorted(line.job for line in diary.lines("ended")) == [f"job{n}" for n in range(JOBS)], "each once"
    last = max(line.at for line in diary.lines("ended", "staying"))
    assert last - gone < 3, "no job waits for the heartbeat of a worker that has signed off"
    assert gone - stopped < LONG_SECONDS + 4
    assert staying.poll() is None


def test_what_a_killed_worker_held_is_done_by_another_within_twenty_seconds(
    broker: RedisBroker, diary: Diary, start: Start
) -> None:
    send(broker, [60.0, *[SHORT_SECONDS] * (JOBS - 1)])
    victim = start("victim")
    diary.wait(lambda: bool(diary.lines("began")), 30)
    held = held_by_workers(broker)
    assert held >= 2
    start("staying", threads=2)  # one of them will have the long job
    diary.wait(lambda: len(diary.lines("ended", "staying")) == JOBS - held, 30)

    os.killpg(victim.pid, signal.SIGKILL)
    killed = time.time()
    diary.wait(lambda: len(diary.lines("began", "staying")) == JOBS, REDELIVERED_SECONDS + 10)
    last = max(line.at for line in diary.lines("began", "staying"))
    assert last - killed <= REDELIVERED_SECONDS
