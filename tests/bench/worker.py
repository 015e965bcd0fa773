"""A contestant's process: reads a job a line, does it in memory, answers with the CPU time it took."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

Files = dict[str, bytes]  # "1280.webp": its bytes


def serve(make: Callable[[bytes], Files]) -> None:
    """Answer jobs until there are no more. A job's `out` is a folder to keep the files in, or empty."""
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
