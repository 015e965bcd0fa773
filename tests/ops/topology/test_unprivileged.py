import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.topology.machine import unprivileged
from ops.topology.machine.unprivileged import NAMESPACE, NOBODY, CannotDropRoot


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    unprivileged._prefix_of_root.cache_clear()
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    yield
    unprivileged._prefix_of_root.cache_clear()


def become(monkeypatch: pytest.MonkeyPatch, *, uid: int, works: set[tuple[str, ...]]) -> None:
    monkeypatch.setattr("os.geteuid", lambda: uid)
    monkeypatch.setattr(unprivileged, "_works", works.__contains__)


def test_an_ordinary_user_needs_no_wrapper_but_the_leash(monkeypatch: pytest.MonkeyPatch) -> None:
    become(monkeypatch, uid=1000, works=set())
    assert unprivileged.wrap(["postgres", "-D", "x"]) == ["setpriv", "--pdeathsig=INT", "postgres", "-D", "x"]


def test_root_enters_a_user_namespace_and_takes_the_leash_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    become(monkeypatch, uid=0, works={NAMESPACE, NOBODY})
    assert unprivileged.wrap(["postgres"]) == [*NAMESPACE, "setpriv", "--pdeathsig=INT", "postgres"]


def test_root_becomes_nobody_where_namespaces_are_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    become(monkeypatch, uid=0, works={NOBODY})
    assert unprivileged.wrap(["postgres"])[: len(NOBODY)] == list(NOBODY)


def test_root_that_can_do_neither_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    become(monkeypatch, uid=0, works=set())
    with pytest.raises(CannotDropRoot, match="ordinary user"):
        unprivileged.wrap(["postgres"])


def test_files_are_given_away_only_to_the_user_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: list[str] = []
    monkeypatch.setattr("shutil.chown", lambda path, *_: given.append(Path(path).name))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "file").touch()
    become(monkeypatch, uid=0, works={NAMESPACE})
    unprivileged.give_tree(tmp_path / "data")
    assert given == []
    unprivileged._prefix_of_root.cache_clear()
    become(monkeypatch, uid=0, works={NOBODY})
    unprivileged.give_tree(tmp_path / "data")
    assert given == ["data", "file"]
    assert len(unprivileged.owners()) == 2


def test_what_is_wrapped_is_not_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    done = subprocess.run(unprivileged.wrap(["id", "-u"]), capture_output=True, text=True, check=True)
    assert done.stdout.strip() != "0"
