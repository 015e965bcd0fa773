"""The targets of every page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.bench.pages.lighthouse import CATEGORIES, PERFORMANCE, Report

LEAST: Final = {PERFORMANCE: 95, "accessibility": 100, "best-practices": 100, "seo": 100}


def misses(page: str, report: Report) -> list[str]:
    """Return a line for each target that a page missed."""
    missed = [
        f"{page}: {name} is {report.scores[name]}, not {least}"
        for name, least in LEAST.items()
        if report.scores[name] < least
    ]
    if report.shift:
        missed.append(f"{page}: things move by {report.shift}")
    return missed + [f"{page}: {fault}" for fault in report.faults]


def table(reports: Mapping[tuple[str, str], Report]) -> str:
    """Return a line for each page and form factor."""
    head = f"{'page':<10} {'form':<8} {'perf':>5} {'a11y':>5} {'best':>5} {'seo':>5} {'CLS':>6} {'LCP':>7}"
    lines = [
        f"{page:<10} {form:<8} "
        + " ".join(f"{report.scores[name]:>5}" for name in CATEGORIES)
        + f" {report.shift:>6.3f} {report.largest_seconds:>5.1f} s"
        for (page, form), report in reports.items()
    ]
    return "\n".join([head, *lines])
