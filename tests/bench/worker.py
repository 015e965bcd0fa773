"""A contestant's process: reads a job from each line, does it in memory, answers with its CPU time."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

Files = dict[str, bytes]  # "1280.webp": its bytes


def serve(make: Callable[[bytes], Files]) -> None:
    """Answer jobs until the input ends. A job's `out` is the folder for the files; empty to keep none."""
    for line in sys.stdin:
        job = json.loads(line)
        original = Path(job["path"]).read_bytes()
        started = time.process_time()
        files = make(original)
        cpu_seconds = time.process_time() - started
        keep(files, job["out"])
        print(json.dumps({"cpu_seconds": cpu_seconds, "files": len(files)}), flush=True)


def keep(files: Files, out: str) -> None:
    """Write the files into a folder."""
    if out:
        Path(out).mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (Path(out) / name).write_bytes(data)
