"""Logs and mails of the components, formatted for the terminal."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

LAST_LINES = 50
FOLLOW_SECONDS = 0.2
TAIL_BYTES = 256 * 1024
HEAD = ("timestamp", "time", "level", "event", "logger", "pod")
COLOURS = {"error": "31", "critical": "31", "warning": "33"}


def tail(log: Path, count: int = LAST_LINES) -> list[str]:
    """Return the last lines of a log; only its last TAIL_BYTES are read, whatever its size."""
    with log.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - TAIL_BYTES))
        return file.read().decode(errors="replace").splitlines()[-count:]


def follow(log: Path, *, sleep: Callable[[float], None] = time.sleep) -> Iterator[str]:
    """Yield new lines as they are written, without end; starts over when the log is rotated."""
    position = log.stat().st_size
    while True:
        if log.exists() and log.stat().st_size < position:
            position = 0
        with log.open("rb") as file:
            file.seek(position)
            for line in file:
                if not line.endswith(b"\n"):
                    break  # half written: read it again later
                position += len(line)
                yield line.decode(errors="replace").rstrip("\n")
        sleep(FOLLOW_SECONDS)


def pretty(line: str, *, has_colour: bool) -> str:
    """Return a JSON line as `12:00:00 event key=value …`, any other line unchanged."""
    event = _parse(line)
    if event is None:
        return line
    stamp = str(event.get("timestamp") or event.get("time") or "")
    level = str(event.get("level", "info"))
    facts = [
        f"{name}={value}" for name, value in event.items() if name not in HEAD and value not in (None, "")
    ]
    words = [stamp[11:19], level.upper() if level in COLOURS else "", str(event.get("event", "")), *facts]
    text = " ".join(word for word in words if word)
    return f"\x1b[{COLOURS[level]}m{text}\x1b[0m" if has_colour and level in COLOURS else text


def mails(logs: Path) -> list[str]:
    """Return the mails that the site would have sent, oldest first, as text."""
    lines = [line for log in logs.glob("*.log") for line in tail(log, sys.maxsize) if '"mail"' in line]
    events = [event for event in map(_parse, lines) if event and event.get("event") == "mail"]
    return [_mail(event) for event in sorted(events, key=lambda event: str(event.get("timestamp")))]


def _mail(event: dict[str, Any]) -> str:
    to = event.get("to", [])
    head = f"{event.get('timestamp', '')}  to {', '.join(to) if isinstance(to, list) else to}"
    return f"{head}\nSubject: {event.get('subject', '')}\n\n{event.get('body', '')}"


def _parse(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None
