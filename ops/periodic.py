"""Periodic tasks: a function says beside its definition how often it is to run; `manage.py scheduler` runs what is due.

    @periodic("photos.trash", every_seconds=30)
    def empty_trash(alias: str) -> int:
        \"\"\"Delete for good what was in the trash for long enough; return how many photos.\"\"\"

The scheduler calls the function once for each database, with its alias, and logs the number it returns. A task is
registered when its module is loaded: an app loads such modules in `AppConfig.ready`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.conf import settings

Act = Callable[[str], int]
Databases = Callable[[], Sequence[str]]
F = TypeVar("F", bound=Callable[..., int])  # called with the alias alone


@dataclass(frozen=True)
class Task:
    """One periodic task; `databases` returns the aliases that it runs on."""

    name: str
    every_seconds: float
    act: Act
    databases: Databases


_tasks: dict[str, Task] = {}


def shards() -> Sequence[str]:
    """Return the aliases of all shards, where a periodic task runs unless it names other databases."""
    return list(settings.SHARDS)


def periodic(name: str, *, every_seconds: float, databases: Databases = shards) -> Callable[[F], F]:
    """Register a function as a periodic task. Raises ValueError for a name that is taken."""

    def register(act: F) -> F:
        if name in _tasks:
            raise ValueError(f"There is a periodic task {name!r} already.")
        _tasks[name] = Task(name, every_seconds, act, databases)
        return act

    return register


def tasks() -> list[Task]:
    """Return every registered task, in the order of registration."""
    return list(_tasks.values())
