"""A generated migration passes the formatter without a further step."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.db import migrations, models
from django.db.migrations.writer import MigrationWriter

from ops.management.commands import makemigrations


class Long(migrations.Migration):
    """A migration that Django writes in long lines."""

    operations = [
        migrations.AddField(
            "photo", f"field_{number}", models.CharField(blank=True, db_default="", max_length=100)
        )
        for number in range(3)
    ]


def test_a_generated_migration_is_formatted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "0099_long.py"
    monkeypatch.setattr(MigrationWriter, "path", str(path))
    monkeypatch.setattr(MigrationWriter, "basedir", str(tmp_path))
    (tmp_path / "__init__.py").touch()
    command = makemigrations.Command()
    for name, value in {"written_files": [], "verbosity": 0, "dry_run": False}.items():
        setattr(command, name, value)
    command.include_header, command.scriptable = False, False
    command.write_migration_files({"photos": [Long("0099_long", "photos")]})
    assert "field_2" in path.read_text()
    ruff = Path(sys.executable).with_name("ruff")
    config = Path(__file__).resolve().parents[2] / "pyproject.toml"
    check = [str(ruff), "format", "--check", "--config", str(config), str(path)]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
