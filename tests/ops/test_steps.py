import subprocess
import sys
from pathlib import Path

import pytest

from ops import steps
from ops.steps import Step


def step(name: str, text: str, **more: str | int) -> Step:
    lane, niceness = str(more.get("lane", "lint")), int(more.get("niceness", 0))
    return Step(name, (sys.executable, "-c", text), lane=lane, niceness=niceness)


def test_a_step_that_holds_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run,) = steps.run_all([step("good", "print('noise')")], tmp_path)
    assert not run.has_failed
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("✓ good")


def test_a_step_that_fails_shows_all_that_it_wrote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "import sys; print('first'); print('last', file=sys.stderr); raise SystemExit(1)"
    (run,) = steps.run_all([step("bad", text)], tmp_path)
    assert run.has_failed
    assert sorted(capsys.readouterr().out.splitlines()[1:]) == ["first", "last"]


def test_lanes_run_side_by_side_and_the_steps_of_one_in_turn(tmp_path: Path) -> None:
    wait = "import pathlib, time\nwhile not pathlib.Path('second').exists(): time.sleep(0.01)"
    make = "import pathlib; assert pathlib.Path('{}').exists(); pathlib.Path('{}').touch()"
    (tmp_path / "zero").touch()
    runs = steps.run_all(
        [
            step("waits for another lane", wait, lane="a"),
            step("first", make.format("zero", "first"), lane="b"),
            step("second", make.format("first", "second"), lane="b"),
        ],
        tmp_path,
    )
    assert [run.step.name for run in runs if run.has_failed] == []
    assert len(runs) == 3


def test_a_step_may_leave_the_processor_to_others(tmp_path: Path) -> None:
    text = "import os; raise SystemExit(os.nice(0))"
    (run,) = steps.run_all([step("modest", text, niceness=1)], tmp_path)
    assert run.has_failed


def test_the_line_of_pytest_says_how_many_tests_there_were(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "print('=== 12 passed, 1 skipped, 3 deselected in 4.20s ===')"
    steps.run_all([step("pytest", text)], tmp_path)
    assert capsys.readouterr().out.rstrip().endswith("12 passed, 1 skipped")


def test_progress_is_told_of_what_takes_long(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "TELL_EVERY_SECONDS", 0)
    text = "import time; print('....... [ 37%]', flush=True); time.sleep(0.7)"
    steps.run_all([step("pytest", text), step("mypy", "", lane="types")], tmp_path)
    assert "pytest 37 %" in capsys.readouterr().out


def test_an_interrupted_run_leaves_nothing_behind_that_its_programs_have_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = tmp_path / "pid"

    def interrupt(*_: object) -> None:
        if note.exists() and note.read_text():
            raise KeyboardInterrupt

    monkeypatch.setattr(steps.Screen, "show", interrupt)
    child = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_DFL); time.sleep(60)"
    text = f"""if True:
        import pathlib, subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", {child!r}])
        pathlib.Path({str(note)!r}).write_text(str(child.pid))
        child.wait()
    """
    with pytest.raises(KeyboardInterrupt):
        steps.run_all([step("long", text)], tmp_path)
    assert not is_running(int(note.read_text()))


def is_running(pid: int) -> bool:
    """Return whether a process is there and no zombie."""
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(found.stdout.strip()) and not found.stdout.startswith("Z")
