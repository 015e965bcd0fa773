import os
from pathlib import Path

import pytest

from ops.topology.machine import layout
from ops.topology.machine.layout import Layout
from ops.topology.machine.trouble import Trouble


@pytest.fixture
def site(tmp_path: Path) -> Layout:
    made = Layout(tmp_path / "var")
    made.make()
    return made


def test_sockets_lie_in_var_while_their_paths_are_short() -> None:
    assert Layout(Path("/srv/tessera/var")).run == Path("/srv/tessera/var/run")


def test_sockets_of_a_long_path_lie_in_tmp_under_a_name_of_their_own() -> None:
    one, other = (Layout(Path("/srv") / ("long" * 40) / name) for name in ("a", "b"))
    assert one.run.parent == Path("/tmp")
    assert one.run != other.run


@pytest.mark.parametrize("length", range(60, 130, 5))
def test_no_socket_path_is_too_long_for_the_kernel(length: int) -> None:
    socket = Layout(Path("/" + "x" * length)).run / layout.LONGEST_SOCKET_NAME
    assert len(os.fsencode(socket)) <= layout.SOCKET_PATH_BYTES


def test_only_its_user_enters_its_folders(site: Layout) -> None:
    assert {folder.stat().st_mode & 0o077 for folder in (site.var, site.run, site.logs)} == {0}


def test_a_run_folder_that_others_may_enter_is_refused(site: Layout) -> None:
    site.run.chmod(0o755)
    with pytest.raises(Trouble, match="not private"):
        site.make()


def test_a_second_topology_on_the_same_data_is_refused_with_the_pid_of_the_first(site: Layout) -> None:
    with site.locked(), pytest.raises(Trouble, match=rf"already runs on .*pid {os.getpid()}"), site.locked():
        pass


def test_data_that_is_in_use_is_not_removed(site: Layout) -> None:
    with site.locked(), pytest.raises(Trouble, match="already runs"):
        site.remove()
    assert site.var.exists()


def test_removing_takes_everything(site: Layout) -> None:
    site.remove()
    assert not site.var.exists()


def test_a_low_disk_is_refused_with_the_cure(site: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "free_bytes", lambda _: 400_000_000)
    with pytest.raises(Trouble, match=r"0\.4 GB are free.*\n.*TESSERA_VAR"):
        site.check_disk()


def test_enough_disk_is_enough(site: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "free_bytes", lambda _: 10_000_000_000)
    site.check_disk()


def test_a_large_log_is_put_aside_and_a_small_one_is_kept(site: Layout) -> None:
    with site.log("large").open("wb") as large:
        large.truncate(layout.LOG_BYTES + 1)
    site.log("small").write_text("line\n")
    site.rotate_logs()
    assert sorted(path.name for path in site.logs.iterdir()) == ["large.log.1", "small.log"]


def test_a_private_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    for text in ("first, and longer", "second"):
        layout.write_private(tmp_path / "file", text)
    assert (tmp_path / "file").read_text() == "second"
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
    assert len(list(tmp_path.iterdir())) == 1


def test_the_environment_chooses_the_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESSERA_VAR", "/elsewhere")
    assert layout.default_var() == Path("/elsewhere")
    monkeypatch.delenv("TESSERA_VAR")
    assert layout.default_var() == layout.CHECKOUT / "var"


def test_paths_below_the_working_directory_are_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert layout.as_typed(tmp_path / "var" / "log") == "var/log"
    assert layout.as_typed(Path("/elsewhere")) == "/elsewhere"
