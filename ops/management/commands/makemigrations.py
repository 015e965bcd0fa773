"""`manage.py makemigrations`: Django's own command; the files that it writes are formatted like all other code."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from django.core.management.commands import makemigrations

RUFF = Path(sys.executable).with_name("ruff")


class Command(makemigrations.Command):
    """Formats new migrations with ruff, as Django does with black where that is installed."""

    written_files: list[str]  # Django's own, which its type stubs leave out

    def write_migration_files(self, *args: Any, **kwargs: Any) -> None:
        """Write the files, then run the formatter over them. An environment without ruff leaves them as they are."""
        super().write_migration_files(*args, **kwargs)
        if self.written_files and RUFF.exists():
            subprocess.run([RUFF, "format", "--quiet", *self.written_files], check=True)
