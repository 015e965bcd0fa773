import io
import json
import socket
from pathlib import Path

import pytest

from ops.topology.machine.layout import Layout
from ops.topology.machine.trouble import Trouble
from ops.topology.site.site import Options, Site
from ops.topology.supervise import launch
from ops.topology.supervise.screen import Screen
from tests.objects import free_ports


def prepare(var: Path, output: io.StringIO, *, has_free_ports: bool = True) -> Site:
    return launch.prepare(Layout(var), Options(), Screen(output), has_free_ports=has_free_ports)


def test_a_taken_port_is_replaced_and_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()
    base = free_ports()["site"]
    monkeypatch.setenv("TESSERA_PORT_BASE", str(base))
    with socket.create_server(("127.0.0.1", base)):
        site = prepare(tmp_path / "var", output, has_free_ports=False)
    assert site.ports["site"] != base
    assert f"Port {base} (site) is taken: using {site.ports['site']}." in output.getvalue()
    assert site.url == f"http://localhost:{site.ports['site']}"


def test_a_topology_beside_others_keeps_its_ports(tmp_path: Path) -> None:
    first, second = (prepare(tmp_path / "var", io.StringIO()) for _ in range(2))
    assert first.ports == second.ports


def test_two_topologies_beside_each_other_do_not_ask_for_the_same_ports(tmp_path: Path) -> None:
    asked = {prepare(tmp_path / name, io.StringIO()).ports["site"] for name in "abcd"}
    assert len(asked) > 1, "one by chance, and surely not all"


def test_a_damaged_file_of_ports_is_ignored(tmp_path: Path) -> None:
    site = prepare(tmp_path / "var", io.StringIO())
    site.layout.ports.write_text('{"site": "x"}')
    again = prepare(tmp_path / "var", io.StringIO())
    assert json.loads(again.layout.ports.read_text()) == again.ports


def test_secrets_survive_a_restart_and_ready_json_does_not(tmp_path: Path) -> None:
    first = prepare(tmp_path / "var", io.StringIO())
    first.layout.ready.write_text("{}")
    second = prepare(tmp_path / "var", io.StringIO())
    assert first.credentials == second.credentials
    assert not second.layout.ready.exists()


def test_what_pods_need_is_written_before_they_start(tmp_path: Path) -> None:
    site = prepare(tmp_path / "var", io.StringIO())
    assert site.url in site.layout.environment.read_text()
    assert "replicator" in site.layout.passwords.read_text()


@pytest.mark.parametrize("base", ["80", "99999", "eight thousand"])
def test_an_impossible_base_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    monkeypatch.setenv("TESSERA_PORT_BASE", base)
    with pytest.raises(Trouble, match="TESSERA_PORT_BASE"):
        prepare(tmp_path / "var", io.StringIO(), has_free_ports=False)


def test_a_folder_that_cannot_be_written_is_refused_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Trouble, match=r"file.*: Not a directory\.\n.*TESSERA_VAR"):
        launch._prepare_or_explain(
            Layout(tmp_path / "file" / "var"), Options(), Screen(io.StringIO()), has_free_ports=True
        )


def test_nothing_is_left_outside_of_var(tmp_path: Path) -> None:
    var = tmp_path / ("long" * 20) / "var"
    site = prepare(var, io.StringIO())
    assert site.layout.run.parent == Path("/tmp")
    launch._remove_traces(site.layout)
    assert not site.layout.run.exists()
    assert site.layout.var.exists()
