"""exiftool, which reads every kind of metadata and shares no code with us."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

# What it says of a bare file: its structure, and the aspect of a pixel in JFIF's header.
STRUCTURE = {"ExifTool", "System", "File", "Composite", "RIFF", "JFIF", "QuickTime", "SourceFile"}


def program() -> str:
    """Return where exiftool is. A test that needs it fails without it."""
    found = shutil.which("exiftool")
    assert found, "exiftool is missing: apt-get install libimage-exiftool-perl"
    return found


def read(folder: Path) -> list[dict[str, Any]]:
    """Return {"group:tag": value} of each file in a folder."""
    done = subprocess.run([program(), "-G", "-j", folder], capture_output=True, check=True, text=True)
    return list(json.loads(done.stdout))


def groups(tags: dict[str, Any]) -> set[str]:
    """Return the groups that one file's tags belong to."""
    return {tag.split(":")[0] for tag in tags}
