"""A generated migration passes the formatter without a further step."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.db import migrations, models

from ops.management.commands import makemigrations


@pytest.fixture
def migration() -> migrations.Migration:
    """A migration that Django writes in one long line."""
    made = type("Migration", (migrations.Migration,), {})("0099_long", "photos")
    made.operations = [
        migrations.AddField(
            "photo", f"field_{number}", models.CharField(blank=True, db_default="", max_length=100)
        )
        for number in range(3)
    ]
    return made


def test_a_generated_migration_is_formatted(
    migration: migrations.Migration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "0099_long.py"
    monkeypatch.setattr(makemigrations.makemigrations.MigrationWriter, "path", str(path))
    monkeypatch.setattr(makemigrations.makemigrations.MigrationWriter, "basedir", str(tmp_path))
    (tmp_path / "__init__.py").touch()
    command = makemigrations.Command()
    for name, value in {"written_files": [], "verbosity": 0, "dry_run": False}.items():
        setattr(command, name, value)
    command.include_header, command.scriptable = False, False
    command.write_migration_files({"photos": [migration]})
    assert "field_2" in path.read_text()
    ruff = Path(sys.executable).with_name("ruff")
    config = Path(__file__).resolve().parents[2] / "pyproject.toml"
    check = [str(ruff), "format", "--check", "--config", str(config), str(path)]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
