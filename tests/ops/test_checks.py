import sys
from pathlib import Path

import pytest

from config import env
from ops import checks
from ops.checks import Step


def names(words: list[str]) -> list[str]:
    return [step.name for step in checks.choose(words)]


def test_test_is_lint_and_then_the_tests() -> None:
    assert names(["test"]) == [*names(["lint"]), "pytest", "topology"]


def test_a_single_step_can_be_repeated() -> None:
    assert names(["mypy"]) == ["mypy"]


def test_an_unknown_step_lists_those_that_exist() -> None:
    with pytest.raises(SystemExit, match=r"no step 'mypi'.*mypy"):
        checks.choose(["mypi"])


def test_the_program_of_every_step_exists() -> None:
    assert [step.name for step in checks.choose(["test"]) if not Path(step.argv[0]).exists()] == []


def test_all_templates_are_looked_at() -> None:
    found = checks.templates()
    assert "config/templates/base.html" in found
    assert {path.split("/")[0] for path in found} >= {"config", "accounts", "photos"}


def test_the_imaginary_deployment_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in checks.deployment().items():
        monkeypatch.setenv(name, value)
    assert env.read().is_https


def test_a_step_that_holds_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert checks.run(Step("good", (sys.executable, "-c", "print('noise')")), {})
    assert capsys.readouterr().out.splitlines()[0].startswith("✓ good")


def test_a_step_that_fails_shows_what_it_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert not checks.run(Step("bad", (sys.executable, "-c", "print('the reason'); raise SystemExit(1)")), {})
    assert capsys.readouterr().out.splitlines()[1] == "the reason"


def test_the_first_failure_ends_it_and_says_how_to_repeat(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []

    def run(step: Step, environ: object) -> bool:
        ran.append(step.name)
        return step.name != "format"

    monkeypatch.setattr(checks, "run", run)
    monkeypatch.setattr(sys, "argv", ["checks", "lint"])
    assert checks.main() == 1
    assert ran == ["ruff", "format"]
    assert "-m ops.checks format" in capsys.readouterr().out
