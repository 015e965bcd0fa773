import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.topology.machine import leftovers, process
from ops.topology.machine.process import Identity, is_frozen, kill_all_in, processes_in
from ops.topology.machine.trouble import Trouble


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    # A shell that runs the tests in the background has told their children to ignore an interrupt.
    argv = ["env", "--default-signal=INT", "sleep", "60"]
    with subprocess.Popen(argv, start_new_session=True) as running:
        yield running
        running.kill()


def write_pid(folder: Path, name: str, identity: Identity | None) -> Path:
    assert identity
    identity.write(folder / f"{name}.pid")
    return folder / f"{name}.pid"


def test_a_running_process_is_known_again(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    file = write_pid(tmp_path, "web-1", Identity.find(sleeper.pid))
    read = Identity.read(file)
    assert read
    assert read.is_running()


def test_a_pid_that_was_given_to_another_process_is_not_taken_for_ours(
    sleeper: subprocess.Popen[bytes],
) -> None:
    assert not Identity(sleeper.pid, started="1").is_running()


def test_a_dead_process_and_a_zombie_are_not_running() -> None:
    child = subprocess.Popen(["true"])
    identity = Identity.find(child.pid)
    time.sleep(0.2)  # a zombie until its parent waits for it
    assert Identity.find(child.pid) is None
    child.wait()
    assert identity is None or not identity.is_running()


@pytest.mark.parametrize("text", ["", "12", "x y", "\n", "12 "])
def test_a_damaged_pid_file_names_no_process(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.pid").write_text(text)
    assert Identity.read(tmp_path / "x.pid") is None


def test_what_a_killed_supervisor_left_is_stopped(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    write_pid(tmp_path, "web-1", Identity.find(sleeper.pid))
    assert leftovers.reap(tmp_path, is_postgres=lambda _: False) == ["web-1"]
    assert sleeper.wait(5) == -9
    assert list(tmp_path.iterdir()) == []


def test_left_postgresql_is_asked_to_stop_rather_than_killed(
    sleeper: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    write_pid(tmp_path, "shard0", Identity.find(sleeper.pid))
    leftovers.reap(tmp_path, is_postgres=lambda name: name == "shard0")
    assert sleeper.wait(5) == -2


def test_a_strangers_process_with_a_recycled_pid_is_left_alone(
    sleeper: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    write_pid(tmp_path, "web-1", Identity(sleeper.pid, started="1"))
    assert leftovers.reap(tmp_path, is_postgres=lambda _: False) == []
    assert sleeper.poll() is None


def test_killing_a_group_takes_the_children_along(tmp_path: Path) -> None:
    note = tmp_path / "child"
    shell = subprocess.Popen(["sh", "-c", f"sleep 60 & echo $! > {note}; wait"], start_new_session=True)
    while not (note.exists() and note.read_text().strip()):
        time.sleep(0.01)
    process.kill_group(shell.pid)
    assert shell.wait(5) == -9
    child = int(note.read_text())
    deadline = time.monotonic() + 5
    while Identity.find(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert Identity.find(child) is None


def test_a_tool_that_fails_says_its_last_lines() -> None:
    argv = ["sh", "-c", "for i in 1 2 3; do echo line $i; done; exit 3"]
    with pytest.raises(Trouble, match=r"sh ended with code 3:\nline 1\nline 2\nline 3"):
        asyncio.run(process.run_tool(argv, environ=os.environ))


def test_a_tool_gets_its_input_and_returns_its_output() -> None:
    assert asyncio.run(process.run_tool(["cat"], environ=os.environ, stdin="text")) == "text"


def test_a_process_dies_with_the_one_that_leashed_it(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    leashed = " ".join(process.leash(["sh", "-c", f"'echo $$ > {note}; exec sleep 60'"]))
    with subprocess.Popen(["sh", "-c", f"{leashed} & wait"]) as parent:
        while not (note.exists() and note.read_text().strip()):
            time.sleep(0.01)
        parent.kill()
    deadline = time.monotonic() + 5
    while Identity.find(int(note.read_text())) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert Identity.find(int(note.read_text())) is None


@pytest.mark.parametrize(("code", "words"), [(0, "code 0"), (1, "code 1"), (-9, "SIGKILL")])
def test_endings_are_told_in_words(code: int, words: str) -> None:
    assert process.ending(code) == words


def test_everything_that_works_in_a_folder_is_killed_frozen_or_not(tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home" / "below", tmp_path / "elsewhere"
    home.mkdir(parents=True)
    elsewhere.mkdir()
    processes = [subprocess.Popen(["sleep", "60"], cwd=home, start_new_session=True) for _ in range(2)]
    other = subprocess.Popen(["sleep", "60"], cwd=elsewhere)
    processes[0].send_signal(signal.SIGSTOP)
    deadline = time.monotonic() + 5
    while not is_frozen(processes[0].pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    try:
        assert sorted(processes_in(tmp_path / "home")) == sorted(each.pid for each in processes)
        assert not is_frozen(processes[1].pid)
        assert kill_all_in(tmp_path / "home")
        assert [each.wait(5) for each in processes] == [-signal.SIGKILL] * 2
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
