"""Each photo is rendered in a process of its own, with limits, without secrets, and without harm to other jobs."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from photos.imaging.rejections import Rejected
from photos.imaging.render import render
from photos.imaging.sandbox import client as sandbox
from photos.imaging.sandbox.client import Limits, SandboxError, run_render
from tests.imaging.pictures import encoded, noise, quadrants

ROOT = Path(__file__).resolve().parents[3]
SMALL = encoded(quadrants(), "JPEG")


@pytest.fixture(scope="module")
def large() -> bytes:
    """Return a file of some kilobytes with 49 megapixels: about a second of work, 200 MB of memory."""
    return encoded(Image.new("RGB", (7000, 7000), "teal"), "PNG", compress_level=1)


def zygote_pid() -> int:
    sandbox.start()
    return sandbox._zygotes[0].pid


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_ended(pid: int, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_running(pid)


def test_a_job_gives_what_rendering_gives_and_what_it_cost(tmp_path: Path) -> None:
    path = tmp_path / "original"
    path.write_bytes(SMALL)
    inside, outside = run_render(path), render(SMALL)
    assert [r.data for r in inside.renditions] == [r.data for r in outside.renditions]
    assert (inside.thumbhash, inside.facts) == (outside.thumbhash, outside.facts)
    assert inside.cost is not None
    assert 0 < inside.cost.cpu_seconds < 5
    assert inside.cost.peak_rss_bytes > 1_000_000


def test_a_rejection_travels_out() -> None:
    with pytest.raises(Rejected) as refused:
        run_render(b"%PDF-1.7")
    assert refused.value.code == "unsupported_format"
    assert "PDF" in refused.value.sentence


def test_too_little_memory_is_said(large: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        run_render(large, limits=Limits(memory_bytes=300_000_000))
    assert refused.value.code == "out_of_memory"


def test_how_many_pixels_are_too_many_can_be_set(large: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        run_render(large, limits=Limits(max_pixels=48_000_000))
    assert refused.value.code == "too_many_pixels"
    assert "49 megapixels" in refused.value.sentence
    assert "up to 48 megapixels" in refused.value.sentence
    small = Limits(max_pixels=96 * 64)
    assert run_render(SMALL, limits=small).width == 96


def test_too_much_cpu_time_is_said(large: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        run_render(large, limits=Limits(cpu_seconds=0))
    assert refused.value.code == "timed_out"


def test_a_job_that_never_ends_is_stopped_by_the_kernel() -> None:
    program = (
        "from photos.imaging.sandbox import server\n"
        "server._limit({'cpu_seconds': 1, 'memory_bytes': 1 << 31})\n"
        "while True: pass"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=30, check=False)
    assert ended.returncode == -signal.SIGXCPU


def test_a_job_can_write_no_file_and_keep_no_core(tmp_path: Path) -> None:
    path = tmp_path / "file"
    program = (
        "import pathlib, resource, sys; from photos.imaging.sandbox import server\n"
        "server._limit({'cpu_seconds': 9, 'memory_bytes': 1 << 31})\n"
        "try: pathlib.Path(sys.argv[1]).write_bytes(b'x')\n"
        "except OSError: sys.exit(7 if resource.getrlimit(resource.RLIMIT_CORE) == (0, 0) else 8)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, path], cwd=ROOT, timeout=30, check=False)
    assert ended.returncode == 7


def test_too_much_time_is_stopped(large: bytes) -> None:
    started = time.monotonic()
    with pytest.raises(Rejected) as refused:
        run_render(large, limits=Limits(wall_seconds=0.05))
    assert refused.value.code == "timed_out"
    assert time.monotonic() - started < 5


def test_neighbours_of_a_bad_photo_are_rendered(large: bytes) -> None:
    with ThreadPoolExecutor(3) as pool:
        bad = pool.submit(run_render, large, limits=Limits(wall_seconds=0.2))
        good = [pool.submit(run_render, SMALL) for _ in range(6)]
        assert all(len(job.result().renditions) == 6 for job in good)
        assert isinstance(bad.exception(), Rejected)


def test_the_process_knows_no_secret_and_holds_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hush")
    sandbox.stop()
    pid = zygote_pid()
    run_render(SMALL)
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    names = {entry.split(b"=")[0].decode() for entry in environment.split(b"\0") if entry}
    assert names <= {
        "PATH",
        "PYTHONPATH",
        "LD_LIBRARY_PATH",
        "LANG",
        "OPENBLAS_NUM_THREADS",
        "OMP_NUM_THREADS",
    }
    opened = [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir() if int(entry.name) > 2]
    assert len([name for name in opened if name.startswith("socket:")]) == len(opened) == 1


def test_a_dead_warm_process_is_replaced() -> None:
    first = zygote_pid()
    os.kill(first, signal.SIGKILL)
    assert run_render(SMALL).width == 96
    assert zygote_pid() != first


def test_a_job_outlives_the_warm_process_it_came_from(large: bytes) -> None:
    pid = zygote_pid()
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(run_render, large)
        time.sleep(0.3)
        os.kill(pid, signal.SIGKILL)
        assert job.result().width == 7000


def test_the_warm_process_ends_with_its_worker() -> None:
    program = (
        "import time; from photos.imaging.sandbox import client; client.start()\n"
        "print(client._zygotes[0].pid, flush=True); time.sleep(60)"
    )
    worker = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    with worker, worker.stdout:
        pid = int(worker.stdout.readline())
        worker.kill()
    assert wait_until_ended(pid)


def test_a_daemonic_worker_can_render() -> None:
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    worker = context.Process(target=_render_in_worker, args=(sender,), daemon=True)
    worker.start()
    assert receiver.poll(30)
    assert receiver.recv() == 96
    worker.join(10)
    assert worker.exitcode == 0


def _render_in_worker(sender: "multiprocessing.connection.Connection[int, int]") -> None:
    sender.send(run_render(SMALL).width)


def ending(exit_code: int, *, is_late: bool = False) -> dict[str, object]:
    return {
        "exit_code": exit_code,
        "is_late": is_late,
        "cpu_seconds": 1.0,
        "wall_seconds": 1.0,
        "peak_rss_bytes": 1,
    }


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (ending(-signal.SIGKILL, is_late=True), "timed_out"),
        (ending(-signal.SIGXCPU), "timed_out"),
        (ending(-signal.SIGSEGV), "unreadable"),
        (ending(-signal.SIGABRT), "unreadable"),
    ],
)
def test_a_decoder_that_dies_is_the_fault_of_the_photo(end: dict[str, object], code: str) -> None:
    with pytest.raises(Rejected) as refused:
        sandbox._outcome(end, b"")
    assert refused.value.code == code


@pytest.mark.parametrize("end", [ending(-signal.SIGKILL), ending(-signal.SIGTERM), ending(1), ending(0)])
def test_a_job_that_was_killed_is_not_the_fault_of_the_photo(end: dict[str, object]) -> None:
    with pytest.raises(SandboxError):
        sandbox._outcome(end, b"")


def test_the_result_is_the_same_for_all_photos_at_once() -> None:
    originals = [encoded(noise(60 + index, 50), "PNG") for index in range(8)]
    with ThreadPoolExecutor(4) as pool:
        assert [rendered.width for rendered in pool.map(run_render, originals)] == [60 + n for n in range(8)]


def test_the_image_modules_import_no_django() -> None:
    program = (
        "import sys; from photos.imaging.sandbox import client, server; sys.exit('django' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
