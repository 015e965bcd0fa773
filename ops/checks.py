"""`python -m ops.checks lint|test|nightly|STEP… [pytest's arguments]`: what must hold before a change is merged.

`lint` needs no server. `test` is `lint` beside the fast tests, and then the tests of whole topologies: they look at the
clock, so they have the machine to themselves. `test nightly` gathers more evidence in the same tests. With arguments
for pytest (`test -k name`) only the tests that they choose run. All steps run even when one has failed: its whole
output is shown, and at the end how to repeat just that one.
"""

import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

from ops.steps import Step, run_all

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
BIN = Path(PYTHON).parent
APPS = ("config", "accounts", "photos", "sharding", "ops")
DATABASE = "postgresql://tessera@/tessera?host=/nowhere"
SLOWEST = 10
LINT_NICENESS = 10  # beside tests that look at the clock
_DURATION = re.compile(r"^([\d.]+)s (call|setup|teardown) +(\S.*)$", re.MULTILINE)


def lint(niceness: int = 0) -> list[Step]:
    """The checks that read the code."""
    manage = (PYTHON, "manage.py")
    steps = {
        "ruff": (_bin("ruff"), "check", "."),
        "format": (_bin("ruff"), "format", "--check", "."),
        "djade": (_bin("djade"), "--check", *templates()),
        "imports": (_bin("lint-imports"),),
        "mypy": (_bin("mypy"),),
        "migrations": (*manage, "makemigrations", "--check", "--dry-run"),
        "deploy": (*manage, "check", "--deploy", "--fail-level", "WARNING"),
        "hadolint": (_bin("hadolint"), "Dockerfile"),
    }
    environ = deployment()
    # mypy takes as long as all others together.
    lanes = {"mypy": "types"}
    return [
        Step(name, argv, lane=lanes.get(name, "lint"), niceness=niceness, environ=environ)
        for name, argv in steps.items()
    ]


def tests(*, is_nightly: bool) -> list[Step]:
    """Both tiers of tests, one after the other: the quick ones, and those that need a whole topology."""
    pytest = (
        PYTHON,
        "-m",
        "pytest",
        "-n",
        "2",
        f"--durations={SLOWEST}",
        *(["--nightly"] if is_nightly else []),
    )
    fast = (*pytest, "--dist", "worksteal", "-m", "not topology")
    topology = (*pytest, "--dist", "loadgroup", "-m", "topology")
    return [Step("pytest", fast, lane="tests"), Step("topology", topology, lane="tests")]


def deployment() -> dict[str, str]:
    """The environment of an imaginary deployment: Django's checks judge the settings that it leads to."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ENVIRONMENT": "production",
        "SITE_URL": "https://tessera.example",
        "ALLOWED_HOSTS": "tessera.example",
        "BEHIND_PROXY": "true",
        "DATABASE_URL": DATABASE,
        "SHARD_URLS": f"shard0={DATABASE} shard1={DATABASE}",
        "CACHE_URL": "redis://cache.invalid:6379",
        "QUEUE_URL": "redis://queue.invalid:6379",
        "S3_ENDPOINT_URL": "https://s3.invalid",
        "CDN_URL": "https://cdn.tessera.example",
        "CDN_SIGNING_KEY": secrets.token_urlsafe(24),
        "EMAIL_URL": "smtps://mail.invalid",
        "LOG_LEVEL": "WARNING",
    }


def templates() -> list[str]:
    """Every Django template of ours."""
    return sorted(
        str(path.relative_to(ROOT)) for app in APPS for path in ROOT.glob(f"{app}/templates/**/*.html")
    )


def choose(words: Sequence[str]) -> list[Step]:
    """Return the steps that the command line names, in their order. Ends with the names when one is unknown."""
    tiers = tests(is_nightly="nightly" in words)
    is_beside_tests = not {"test", "nightly", *(step.name for step in tiers)}.isdisjoint(words)
    steps = [*lint(LINT_NICENESS if is_beside_tests else 0), *tiers]
    known = {step.name for step in steps}
    groups = {"lint": {step.name for step in lint()}, "test": known, "nightly": known}
    names = set().union(*(groups.get(word, {word}) for word in words))
    unknown = names - known
    if unknown or not names:
        listed = ", ".join([*groups, *(step.name for step in steps)])
        sys.exit(f"There is no step {' '.join(sorted(unknown))!r}. There are: {listed}")
    return [step for step in steps if step.name in names]


def split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the names of steps, and what is pytest's: from the first option or path on."""
    names = list(takewhile(lambda word: not (word.startswith("-") or "/" in word), words))
    return names, list(words[len(names) :])


def run_chosen(names: Sequence[str], arguments: Sequence[str]) -> int:
    """Run the tests that pytest's arguments choose, of both tiers and in this terminal; return the exit code."""
    more = ["--nightly"] if "nightly" in names else []
    return subprocess.run([PYTHON, "-m", "pytest", *more, *arguments], cwd=ROOT, check=False).returncode


def slowest(outputs: Sequence[str]) -> list[str]:
    """Return the slowest tests of several runs of pytest, a line each, the slowest first."""
    rows = [row for output in outputs for row in _DURATION.findall(output)]
    rows.sort(key=lambda row: -float(row[0]))
    return [f"{float(seconds):6.1f} s  {phase:<8} {name}" for seconds, phase, name in rows[:SLOWEST]]


def main() -> int:
    """Run what the command line names; the exit code says whether all of it held."""
    began = time.monotonic()
    names, arguments = split(sys.argv[1:])
    if arguments:
        return run_chosen(names, arguments)
    runs = run_all(choose(names), ROOT)
    if lines := slowest([run.output() for run in runs]):
        print("\nThe slowest tests:", *lines, "", sep="\n")
    failed = [run.step.name for run in runs if run.has_failed]
    for name in failed:
        print(f"{name} failed. Repeat it: .venv/bin/python -m ops.checks {name}")
    if not failed:
        print(f"All of it holds ({time.monotonic() - began:.0f} s).")
    return 1 if failed else 0


def _bin(name: str) -> str:
    return str(BIN / name)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # which ends what was started, too
    sys.exit(main())
