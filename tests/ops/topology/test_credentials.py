import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest

from ops.topology.machine import credentials
from ops.topology.machine.trouble import Trouble


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    first = credentials.load(tmp_path / "secrets.json")
    assert credentials.load(tmp_path / "secrets.json") == first


def test_only_its_user_reads_them(tmp_path: Path) -> None:
    credentials.load(tmp_path / "secrets.json")
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0


def test_no_two_secrets_are_the_same(tmp_path: Path) -> None:
    made = asdict(credentials.load(tmp_path / "secrets.json"))
    assert len(set(made.values())) == len(made)


def test_secrets_need_no_quoting_in_addresses_and_files(tmp_path: Path) -> None:
    for secret in asdict(credentials.load(tmp_path / "secrets.json")).values():
        assert re.fullmatch(r"[A-Za-z0-9_-]+", secret)


def test_the_admins_password_can_be_read_aloud(tmp_path: Path) -> None:
    password = credentials.load(tmp_path / "secrets.json").admin_password
    assert re.fullmatch(r"([a-hjkmnp-z2-9]{4}-){3}[a-hjkmnp-z2-9]{4}", password)


def test_a_secret_that_a_newer_version_needs_is_added_beside_the_old_ones(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps({"secret_key": "old", "of_a_later_version": "x"}))
    made = credentials.load(path)
    assert made.secret_key == "old"
    assert json.loads(path.read_text())["s3_edge"] == made.s3_edge


@pytest.mark.parametrize("damage", ["", "[1]", '{"secret_key": '])
def test_a_damaged_file_is_refused_and_not_replaced(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(damage)
    with pytest.raises(Trouble, match="damaged"):
        credentials.load(path)
    assert path.read_text() == damage
