"""`python -m tests.bench pages`: Lighthouse on the most visited pages of a site with photos.

It starts a topology of its own, fills it with the demo's people and drawn photographs, and goes through the load
balancer and the edge, as a visitor does. `PAGES_SITE=http://127.0.0.1:8000 PAGES_PASSWORD=…` measures one that is
running and filled instead; the password is the one that `make demo` printed. The exit code is 1 if a target was missed.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.bench import npm
from tests.bench.pages import lighthouse, targets
from tests.topology.http_member import Member
from tests.topology.running import started

HERE: Final = Path(__file__).resolve().parent
WORK: Final = HERE.parents[2] / "var" / "bench" / "pages"
READER: Final = "mina.park"
PHOTOS: Final = 36
ROUNDS: Final = int(os.environ.get("PAGES_ROUNDS", "3"))
_PASSWORD: Final = re.compile(r"with the password (\S+)")
_PROFILE: Final = "/@jonas/"


def main() -> int:
    """Measure and print."""
    modules = npm.ensure("lighthouse", HERE, WORK)
    if modules is None:
        return 1
    reports = {}
    missed = []
    with _site() as (site, password):
        for page, (url, headers) in _pages(site, password).items():
            for form in lighthouse.FORMS:
                visits = [lighthouse.measure(modules, url, form, headers) for _ in range(ROUNDS)]
                report = reports[page, form] = lighthouse.typical(visits)
                missed += targets.misses(f"{page}, {form}", report)
    print(targets.table(reports))
    print("\n".join(missed) or "All targets are met.")
    return 1 if missed else 0


@contextmanager
def _site() -> Iterator[tuple[str, str]]:
    """Yield the address of a site with photos, and its members' password."""
    if site := os.environ.get("PAGES_SITE"):
        yield site, os.environ["PAGES_PASSWORD"]
        return
    with started("--single", "--web", "1", "--workers", "1") as topology:
        output = topology.manage("demo", "--photos", str(PHOTOS), seconds=900)
        found = _PASSWORD.search(output)
        if not found:
            raise SystemExit(output)
        yield topology.site, found[1]


def _pages(site: str, password: str) -> dict[str, tuple[str, dict[str, str]]]:
    """Return {name: (address, headers)}; only the feed has a signed-in reader."""
    reader, stranger = Member(site, READER), Member(site, "nobody")
    reader.get("/accounts/login/")
    reader.post_form("/accounts/login/", {"login": READER, "password": password})
    found = re.search(r'href="(/p/[^/"]+/)"', stranger.get(_PROFILE).text)
    if not found:
        raise SystemExit(f"{_PROFILE} shows no photos")
    return {
        "landing": (f"{site}/", {}),
        "feed": (f"{site}/", {"Cookie": "; ".join(f"{each.name}={each.value}" for each in reader.jar)}),
        "profile": (f"{site}{_PROFILE}", {}),
        "photo": (f"{site}{found[1]}", {}),
    }


if __name__ == "__main__":
    sys.exit(main())
