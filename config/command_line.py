"""Runs a management command. What would be a traceback because a server is away is a sentence with its cure instead.

Commands need not catch such errors: this is the edge of their process. `--traceback` shows where one came from.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import redis
from botocore.exceptions import BotoCoreError
from django.core.management import execute_from_command_line
from django.db.utils import InterfaceError, OperationalError

from config.env import EnvironmentIncomplete, read_file

START = "`make up` starts the local site; `manage.py topology status` shows what is down."
# The first kind that is found in the chain of an error's causes decides.
KINDS: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    ((EnvironmentIncomplete,), "The environment is incomplete", ""),
    (
        (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn),
        "A migration is missing",
        "`manage.py provision` runs it.",
    ),
    (
        (psycopg.OperationalError, psycopg.InterfaceError, OperationalError, InterfaceError),
        "A database does not answer",
        START,
    ),
    ((redis.ConnectionError, redis.TimeoutError), "Valkey does not answer", START),
    ((BotoCoreError,), "The store does not answer", START),
    (
        (EOFError,),
        "The command asks a question, and there is no terminal to answer it",
        "`--help` names the option that answers it.",
    ),
)


def run(arguments: Sequence[str], environment: Path) -> int:
    """Run one command and return its exit code. Read the file `environment` when no environment is set."""
    if "SECRET_KEY" not in os.environ and environment.is_file():
        read_file(environment)
    try:
        execute_from_command_line(list(arguments))
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # the edge of the process: a surprise is raised again
        sentence = sentence_of(error)
        if sentence is None or "--traceback" in arguments:
            raise
        print(sentence, file=sys.stderr)
        return 1
    return 0


def sentence_of(error: BaseException) -> str | None:
    """Return what to print instead of a traceback: what happened, then the cure. None for a surprise."""
    for each in _chain(error):
        for kinds, problem, cure in KINDS:
            if isinstance(each, kinds):
                reason = str(each).strip().partition("\n")[0]
                return "\n".join(filter(None, [f"{problem}: {reason}".removesuffix(": "), cure]))
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
