import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config import env
from ops import checks
from ops.steps import Step


def names(words: list[str]) -> list[str]:
    return [step.name for step in checks.choose(words)]


def test_test_is_lint_and_both_tiers_of_tests() -> None:
    assert names(["test"]) == [*names(["lint"]), "pytest", "topology"]


def test_a_single_step_can_be_repeated() -> None:
    assert names(["mypy"]) == ["mypy"]


@pytest.mark.parametrize("words", [["nightly"], ["test", "nightly"]])
def test_nightly_is_the_same_with_more_evidence(words: list[str]) -> None:
    assert names(words) == names(["test"])
    tiers = [step for step in checks.choose(words) if step.name in {"pytest", "topology"}]
    assert all("--nightly" in step.argv for step in tiers)
    assert not any("--nightly" in step.argv for step in checks.choose(["test"]))


def test_an_unknown_step_lists_those_that_exist() -> None:
    with pytest.raises(SystemExit, match=r"no step 'mypi'.*nightly.*mypy"):
        checks.choose(["mypi"])


def test_no_step_at_all_lists_them_too() -> None:
    with pytest.raises(SystemExit, match="There are: lint, test"):
        checks.choose([])


def test_the_program_of_every_step_exists() -> None:
    assert [step.name for step in checks.choose(["test"]) if not Path(step.argv[0]).exists()] == []


def test_lint_leaves_the_processor_to_tests_that_run_beside_it() -> None:
    assert [step.niceness for step in checks.choose(["mypy"])] == [0]
    chosen = checks.choose(["mypy", "pytest"])
    assert {step.name: step.niceness > 0 for step in chosen} == {"mypy": True, "pytest": False}


def test_lint_runs_beside_the_fast_tests_and_the_topology_after_them() -> None:
    lanes = {step.name: step.lane for step in checks.choose(["test"])}
    assert len({lanes["ruff"], lanes["mypy"], lanes["pytest"]}) == 3
    assert lanes["topology"] == lanes["pytest"], (
        "these look at the clock: they have the machine to themselves"
    )


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["test", "-k", "name"], (["test"], ["-k", "name"])),
        (["test", "tests/ops/test_checks.py", "-x"], (["test"], ["tests/ops/test_checks.py", "-x"])),
        (["test", "nightly"], (["test", "nightly"], [])),
    ],
)
def test_from_the_first_option_or_path_on_all_is_pytests(
    words: list[str], parts: tuple[list[str], list[str]]
) -> None:
    assert checks.split(words) == parts


def test_chosen_tests_are_looked_for_in_both_tiers(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    def run(argv: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        ran.append(argv)
        return subprocess.CompletedProcess(argv, 5)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(sys, "argv", ["checks", "test", "nightly", "-k", "name"])
    assert checks.main() == 5
    assert ran == [[sys.executable, "-m", "pytest", "--nightly", "-k", "name"]]


def test_all_templates_are_looked_at() -> None:
    found = checks.templates()
    assert "config/templates/base.html" in found
    assert {path.split("/")[0] for path in found} >= {"config", "accounts", "photos"}


def test_the_imaginary_deployment_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in checks.deployment().items():
        monkeypatch.setenv(name, value)
    assert env.read().is_https


def steps(**programs: str) -> list[Step]:
    return [Step(name, (sys.executable, "-c", text)) for name, text in programs.items()]


def outcome(monkeypatch: pytest.MonkeyPatch, chosen: list[Step]) -> int:
    """Let the command run these steps instead of its own."""
    monkeypatch.setattr(checks, "choose", lambda words: chosen)
    monkeypatch.setattr(sys, "argv", ["checks", "lint"])
    return checks.main()


def test_what_fails_keeps_nothing_from_running_and_says_how_to_repeat(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert outcome(monkeypatch, steps(bad="raise SystemExit(3)", good="")) == 1
    shown = capsys.readouterr().out
    assert "✓ good" in shown
    assert "bad failed. Repeat it:" in shown
    assert "-m ops.checks bad" in shown
    assert "All of it holds" not in shown


def test_the_slowest_tests_of_all_tiers_are_told_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fast = "print('1.50s call     tests/a.py::test_a\\n0.20s setup    tests/a.py::test_b')"
    slow = "print('12.00s call     tests/b.py::test_c[two words]')"
    assert outcome(monkeypatch, steps(fast=fast, slow=slow)) == 0
    lines = capsys.readouterr().out.splitlines()
    start = lines.index("The slowest tests:")
    assert [line.split()[0] for line in lines[start + 1 : start + 4]] == ["12.0", "1.5", "0.2"]
    assert lines[start + 1].endswith("tests/b.py::test_c[two words]")
