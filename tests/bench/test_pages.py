"""The arithmetic around Lighthouse. What it measures is never asserted in CI."""

from typing import Any

from tests.bench.pages import lighthouse, targets
from tests.bench.pages.lighthouse import CATEGORIES, Report

GOOD = Report(dict.fromkeys(CATEGORIES, 100), 0, 1.5, ())


def found(*, performance: float = 0.97, contrast: float | None = 1, shift: float = 0.0) -> dict[str, Any]:
    """Return as much of Lighthouse's JSON as is read."""
    audits = {
        "cumulative-layout-shift": {"title": "CLS", "score": 1, "numericValue": shift},
        "largest-contentful-paint": {"title": "LCP", "score": 1, "numericValue": 1800.0},
        "color-contrast": {"title": "Contrast", "score": contrast},
    }
    score = {"score": 1, "auditRefs": [{"id": "color-contrast", "weight": 7}]}
    return {
        "audits": audits,
        "categories": dict.fromkeys(CATEGORIES, score) | {"performance": {"score": performance}},
    }


def test_a_report_names_what_failed() -> None:
    read = lighthouse.read(found(contrast=0))
    assert (read.scores["performance"], read.largest_seconds) == (97, 1.8)
    assert set(read.faults) == {"Contrast (color-contrast)"}
    assert lighthouse.read(found(contrast=None)).faults == ()  # does not apply


def test_speed_is_the_middle_of_the_visits_and_all_else_the_worst() -> None:
    visits = [
        Report(GOOD.scores | {"performance": speed, "seo": seo}, shift, 1.0, faults)
        for speed, seo, shift, faults in ((99, 100, 0.0, ()), (60, 92, 0.02, ("x",)), (97, 100, 0.0, ()))
    ]
    read = lighthouse.typical(visits)
    assert (read.scores["performance"], read.scores["seo"], read.shift, read.faults) == (97, 92, 0.02, ("x",))


def test_a_page_that_holds_its_promises_is_not_named() -> None:
    assert targets.misses("landing", GOOD) == []
    poor = Report(GOOD.scores | {"performance": 94, "seo": 99}, 0.01, 4.0, ("Contrast (color-contrast)",))
    assert len(targets.misses("landing", poor)) == 4


def test_the_table_has_a_line_for_every_page() -> None:
    lines = targets.table({("landing", "mobile"): GOOD, ("feed", "desktop"): GOOD}).splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("landing    mobile     100")
