"""Management commands while servers are away: a sentence with its cure and exit code 1, never a traceback."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError
from django.db import OperationalError

from config import command_line
from config.env import EnvironmentIncomplete

ROOT = Path(__file__).resolve().parents[2]
AWAY = {
    "DATABASE_URL": "postgresql:///tessera?host=/nowhere",
    "SHARD_URLS": "shard0=postgresql:///tessera?host=/nowhere",
    "CACHE_URL": "unix:///nowhere/cache.sock",
    "QUEUE_URL": "unix:///nowhere/queue.sock",
    "S3_ENDPOINT_URL": "http://127.0.0.1:9",
    "CDN_URL": "http://127.0.0.1:9",
    "CDN_SIGNING_KEY": "x",
    "SECRET_KEY": "x",
    "ENVIRONMENT": "test",
}
# What each command is called with. None: it has a reason to go on without servers.
ARGUMENTS: dict[str, list[str] | None] = {
    "demo": ["--photos", "1"],
    "erase": ["alice"],
    "jobs": [],
    "makemigrations": None,  # compares models with files
    "migrate_all": [],
    "move_bucket": ["17", "--to", "shard0"],
    "photo": ["2TfFQzS8UhK"],
    "provision": [],
    "rebalance": [],
    "reconcile": [],
    "rerender": ["--plan"],
    "scheduler": None,  # waits for the servers
    "shards": [],
    "topology": None,  # talks to the supervisor: tests/ops/topology/test_cli.py
}
SCRIPT = """
import contextlib, io, json, pathlib, sys
from config import command_line
answers = {}
for name, arguments in json.loads(sys.argv[1]).items():
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        try:
            code = command_line.run(["manage.py", name, *arguments], pathlib.Path("none"))
        except SystemExit as exit:
            code = exit.code
        except Exception as error:  # whatever a command let through is the answer
            code = repr(error)
    answers[name] = [code, said.getvalue()]
print(json.dumps(answers))
"""


def test_every_command_is_tried() -> None:
    assert ARGUMENTS.keys() == {path.stem for path in ROOT.glob("*/management/commands/[a-z]*.py")}


def test_a_command_says_in_a_sentence_that_the_site_is_down() -> None:
    tried = {name: arguments for name, arguments in ARGUMENTS.items() if arguments is not None}
    environ = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings", **AWAY}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(tried)],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    answers = json.loads(done.stdout.splitlines()[-1])
    assert {name: code for name, (code, _) in answers.items() if code != 1} == {}
    for name, (_, said) in answers.items():
        lines = [line for line in said.splitlines() if not line.startswith("{")]  # without those of the log
        assert 1 <= len(lines) <= 3, (name, said)
        assert "make up" in said or "manage.py shards" in said, (name, said)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            OperationalError("connection failed\nand so on"),
            "A database does not answer: connection failed\n`make",
        ),
        (EndpointConnectionError(endpoint_url="http://s3"), "The store does not answer: "),
        (EOFError(), "The command asks a question, and there is no terminal to answer it\n`--help`"),
        (EnvironmentIncomplete("no SECRET_KEY"), "The environment is incomplete: no SECRET_KEY"),
    ],
)
def test_a_known_error_is_a_sentence_also_as_a_cause(error: Exception, words: str) -> None:
    wrapper = RuntimeError("something of ours")
    wrapper.__cause__ = error
    assert str(command_line.sentence_of(wrapper)).startswith(words)


def test_an_error_that_was_dealt_with_is_no_cause() -> None:
    surprise = RuntimeError("something of ours")
    surprise.__context__ = OperationalError("gone")
    assert str(command_line.sentence_of(surprise)).startswith("A database does not answer")
    surprise.__suppress_context__ = True  # as `raise … from None` does
    assert command_line.sentence_of(surprise) is None


def test_a_surprise_keeps_its_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(arguments: list[str]) -> None:
        raise OperationalError("gone") if arguments else ZeroDivisionError

    monkeypatch.setattr(command_line, "execute_from_command_line", fail)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with pytest.raises(ZeroDivisionError):
        command_line.run([], tmp_path / "none")
    assert command_line.run(["manage.py"], tmp_path / "none") == 1
    with pytest.raises(OperationalError):
        command_line.run(["manage.py", "--traceback"], tmp_path / "none")


def test_a_command_goes_on_in_the_environment_of_the_checkout() -> None:
    """With the interpreter that `.venv` was made from, which has no packages."""
    bare = [sys._base_executable, "-S", "-c"]  # type: ignore[attr-defined]  # typeshed leaves it out
    run = "import runpy, sys; sys.argv[:] = ['manage.py', 'rerender', '--help']"
    run += "; runpy.run_path('manage.py', None, '__main__')"
    done = subprocess.run([*bare, run], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert "--plan" in done.stdout, done.stderr
