"""`python -m ops.checks lint|test|STEP…`: what must hold before a change is merged, one step after another.

`lint` needs no server; `test` is `lint` and then the tests. Stops at the first step that fails and says how to
repeat just that one.
"""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
BIN = Path(PYTHON).parent
APPS = ("config", "accounts", "photos", "sharding", "ops")
DATABASE = "postgresql://tessera@/tessera?host=/nowhere"


@dataclass(frozen=True)
class Step:
    """A program that must end with code 0. A `loud` one shows its output while it runs."""

    name: str
    argv: tuple[str, ...]
    is_loud: bool = False


def lint() -> list[Step]:
    """The checks that read the code."""
    manage = (PYTHON, "manage.py")
    return [
        Step("ruff", (_bin("ruff"), "check", ".")),
        Step("format", (_bin("ruff"), "format", "--check", ".")),
        Step("djade", (_bin("djade"), "--check", *templates())),
        Step("imports", (_bin("lint-imports"),)),
        Step("mypy", (_bin("mypy"),)),
        Step("migrations", (*manage, "makemigrations", "--check", "--dry-run")),
        Step("deploy", (*manage, "check", "--deploy", "--fail-level", "WARNING")),
        Step("hadolint", (_bin("hadolint"), "Dockerfile")),
    ]


def tests() -> list[Step]:
    """The tests: the quick ones in parallel, then those that need the whole topology and the whole machine."""
    pytest = (PYTHON, "-m", "pytest")
    return [
        Step("pytest", (*pytest, "-n", "2", "-m", "not topology"), is_loud=True),
        Step("topology", (*pytest, "-m", "topology"), is_loud=True),
    ]


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


def choose(words: list[str]) -> list[Step]:
    """The steps that the command line asks for, in their order. Ends with the names when one is unknown."""
    steps = [*lint(), *tests()]
    groups = {"lint": {step.name for step in lint()}, "test": {step.name for step in steps}}
    names = set().union(*(groups.get(word, {word}) for word in words))
    unknown = names - groups["test"]
    if unknown or not names:
        sys.exit(
            f"There is no step {' '.join(sorted(unknown))!r}. There are: lint, test, {', '.join(_names(steps))}"
        )
    return [step for step in steps if step.name in names]


def run(step: Step, environ: Mapping[str, str]) -> bool:
    """Run one step, print its name and seconds; its output too when it failed."""
    began = time.monotonic()
    if step.is_loud:
        print(f"— {step.name}", flush=True)
    captured = None if step.is_loud else subprocess.PIPE
    done = subprocess.run(
        step.argv,
        cwd=ROOT,
        env=dict(environ),
        stdout=captured,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    mark = "✗" if done.returncode else "✓"
    print(f"{mark} {step.name:<12} {time.monotonic() - began:5.1f} s", flush=True)
    if done.returncode:
        print(done.stdout or "", end="")
    return done.returncode == 0


def main() -> int:
    """Run the steps named on the command line; the exit code says whether all held."""
    began = time.monotonic()
    of_lint = {step.name for step in lint()}
    for step in choose(sys.argv[1:]):
        environ = {**os.environ, **(deployment() if step.name in of_lint else {})}
        if not run(step, environ):
            print(f"\nRepeat it: {Path(PYTHON).relative_to(ROOT)} -m ops.checks {step.name}")
            return 1
    print(f"All of it holds ({time.monotonic() - began:.0f} s).")
    return 0


def _bin(name: str) -> str:
    return str(BIN / name)


def _names(steps: list[Step]) -> list[str]:
    return [step.name for step in steps]


if __name__ == "__main__":
    sys.exit(main())
