"""Install the npm packages that only the benchmarks need, by their lock."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

_PACKAGES: Final = ("package.json", "package-lock.json")


def ensure(name: str, locks: Path, folder: Path) -> Path | None:
    """Install a lock with `name` once for each version of the lock. Print why and return None if that is impossible."""
    if not shutil.which("npm") or not shutil.which("node"):
        print(f"{name} is left out: Node.js with npm is not installed.")
        return None
    folder.mkdir(parents=True, exist_ok=True)
    modules = folder / "node_modules"
    if _is_current(locks, folder) and (modules / name).exists():
        return modules
    for package in _PACKAGES:
        shutil.copy(locks / package, folder)
    done = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"{name} is left out: {(done.stderr.strip().splitlines() or ['npm failed'])[-1]}")
        return None
    return modules


def _is_current(locks: Path, folder: Path) -> bool:
    return all(
        (folder / package).exists() and (folder / package).read_bytes() == (locks / package).read_bytes()
        for package in _PACKAGES
    )
