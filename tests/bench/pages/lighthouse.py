"""One page through Lighthouse, in Debian's Chromium."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PERFORMANCE: Final = "performance"
CATEGORIES: Final = (PERFORMANCE, "accessibility", "best-practices", "seo")
FORMS: Final = ("mobile", "desktop")
_CHROMIUM: Final = ("chromium", "chromium-browser", "google-chrome")
_FLAGS: Final = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
)
_SHIFT: Final = "cumulative-layout-shift"
_LARGEST: Final = "largest-contentful-paint"
_SECONDS: Final = 180
_TRIES: Final = 3  # on a busy machine Chromium's trace now and then has no beginning


class NotMeasured(Exception):
    """Lighthouse gave no report; the message is its output."""


@dataclass(frozen=True)
class Report:
    """Lighthouse's results of one visit."""

    scores: dict[str, int]
    shift: float
    largest_seconds: float
    faults: tuple[str, ...]


def measure(modules: Path, url: str, form: str, headers: Mapping[str, str]) -> Report:
    """Visit a page once as a phone or a desk. Raises NotMeasured."""
    argv = ["node", str(modules / "lighthouse" / "cli" / "index.js"), url, "--output=json", "--quiet"]
    argv += [f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={_FLAGS}"]
    argv += [
        f"--extra-headers={json.dumps(dict(headers))}",
        *(["--preset=desktop"] if form == "desktop" else []),
    ]
    environ = os.environ | {"CHROME_PATH": next(filter(None, map(shutil.which, _CHROMIUM)), "")}
    output = ""
    for _ in range(_TRIES):
        done = subprocess.run(
            argv, env=environ, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        if not done.returncode:
            return read(json.loads(done.stdout))
        output = done.stderr.strip() or done.stdout.strip()
    raise NotMeasured(f"{url}: {output}")


def read(report: Mapping[str, Any]) -> Report:
    """Return the results that have targets, from Lighthouse's JSON."""
    audits, categories = report["audits"], report["categories"]
    return Report(
        scores={name: round(100 * (categories[name]["score"] or 0)) for name in CATEGORIES},
        shift=round(audits[_SHIFT]["numericValue"], 4),
        largest_seconds=audits[_LARGEST]["numericValue"] / 1000,
        faults=tuple(
            f"{audits[each['id']]['title']} ({each['id']})"
            for name in CATEGORIES[1:]
            for each in categories[name]["auditRefs"]
            if each["weight"] and audits[each["id"]]["score"] not in {1, None}
        ),
    )


def typical(reports: Sequence[Report]) -> Report:
    """Return the visit of median performance, with the worst of all other results, which must not vary."""
    by_speed = sorted(reports, key=lambda each: each.scores[PERFORMANCE])
    middle = by_speed[(len(by_speed) - 1) // 2]
    worst = {name: min(each.scores[name] for each in reports) for name in CATEGORIES[1:]}
    return Report(
        scores={PERFORMANCE: middle.scores[PERFORMANCE]} | worst,
        shift=max(each.shift for each in reports),
        largest_seconds=statistics.median(each.largest_seconds for each in reports),
        faults=tuple(sorted({fault for each in reports for fault in each.faults})),
    )
