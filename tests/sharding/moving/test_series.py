"""Moves that one process runs one after another wait for their readers together, and anew after an outage."""

import time
from typing import Any
from unittest import mock

import psycopg
import pytest
from django.db import connections
from pytest_django import Settings

from sharding.models import Move
from sharding.moving import cleanup, move_runner, moves

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.mark.parametrize(("seconds_ago", "waits"), [(0, 10), (4, 6), (10, 0), (600, 0)])
def test_a_move_waits_for_as_long_as_its_process_has_seen_no_outage(
    seconds_ago: int, waits: int, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.MOVE_CLEANUP_DELAY_SECONDS = 10
    clock = mock.Mock(now=1000.0)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.now += seconds

    monkeypatch.setattr(cleanup, "time", mock.Mock(sleep=sleep, monotonic=lambda: clock.now))
    monkeypatch.setattr(cleanup, "ask", lambda *_: 0.0)  # the switch is long ago
    cleanup.await_readers(Move(pk=1), mock.Mock(), since=1000.0 - seconds_ago, say=lambda text: None)
    assert sum(slept) == waits


def test_an_outage_lets_a_series_wait_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    (move,) = moves.plan([20], to="shard1")
    sinces: list[float] = []

    class Dying(mock.MagicMock):
        """A mover that meets an outage the first time."""

        def run(self, **_: Any) -> None:
            if len(sinces) == 1:
                raise psycopg.OperationalError("gone")

    def mover(current: Move, *, say: object, since: float) -> mock.MagicMock:
        sinces.append(since)
        entered = Dying()
        entered.__enter__.return_value = entered
        entered.__exit__.return_value = False
        return entered

    monkeypatch.setattr(move_runner, "Mover", mover)
    monkeypatch.setattr(move_runner, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(connections, "close_all", lambda: None)
    began = time.monotonic()
    series = move_runner.Series(since=began - 600)
    move_runner.run(move, lambda text: None, series=series)
    assert sinces[0] == began - 600
    assert sinces[1] == series.since >= began
