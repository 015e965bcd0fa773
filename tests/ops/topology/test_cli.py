import io
import json
from pathlib import Path

import pytest

from ops.topology import cli
from ops.topology.machine.layout import Layout
from ops.topology.machine.trouble import Trouble
from ops.topology.site.shape import Wishes
from ops.topology.site.shape import load as load_shape
from ops.topology.supervise.supervisor import parse_signal


def run(var: Path, *arguments: str) -> int:
    return cli.main(["--var", str(var), *arguments])


def test_status_without_a_topology_says_how_to_start_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "var", "status") == 1
    assert "make up" in capsys.readouterr().err


def test_the_folder_may_be_named_after_the_command_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["status", "--var", str(tmp_path / "elsewhere")]) == 1
    assert str(tmp_path / "elsewhere") in capsys.readouterr().err


def test_logs_of_an_unknown_name_list_the_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layout = Layout(tmp_path / "var")
    layout.make()
    layout.log("edge").write_text("one\n")
    assert run(layout.var, "logs", "egde") == 1
    assert "There are logs of: edge" in capsys.readouterr().err
    assert run(layout.var, "logs", "edge") == 0
    assert capsys.readouterr().out == "one\n"


def test_psql_of_an_unknown_name_lists_the_databases(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = Layout(tmp_path / "var")
    layout.make()
    load_shape(layout.shape).fit(Wishes(replicas=0))
    assert run(layout.var, "psql", "shard9") == 1
    assert "directory, shard0, shard1" in capsys.readouterr().err


@pytest.mark.parametrize("argument", ["web", "web=", "web=many", "web=-1"])
def test_scale_says_how_it_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], argument: str
) -> None:
    assert run(tmp_path / "var", "scale", argument) == 1
    assert "web=3 workers=1" in capsys.readouterr().err


def test_reset_asks_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = Layout(tmp_path / "var")
    layout.make()
    monkeypatch.setattr("builtins.input", lambda _: "y")
    assert run(layout.var, "reset") == 1
    assert layout.var.exists()
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    assert run(layout.var, "reset") == 0
    assert not layout.var.exists()


def test_reset_that_nobody_answers_removes_nothing_and_names_the_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = Layout(tmp_path / "var")
    layout.make()
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert run(layout.var, "reset") == 1
    assert "`--yes` answers" in capsys.readouterr().err
    assert layout.var.exists()


COMMANDS = {
    "down": [], "status": [], "kill": ["web", "edge"], "stop": ["web"], "start": ["web"],
    "restart": ["worker", "scheduler"], "scale": ["web=3"], "promote": ["shard0"], "add": ["shard2"],
    "logs": ["web-1"], "psql": ["shard0"],
}  # fmt: skip
WITHOUT_SITE = {"up", "mail", "reset"}  # they need none that runs


def test_every_command_says_in_a_sentence_that_no_site_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    actions = cli.parser()._subparsers._group_actions[0].choices  # type: ignore[union-attr]  # argparse names no list
    assert set(actions or ()) == COMMANDS.keys() | WITHOUT_SITE
    for name, arguments in COMMANDS.items():
        assert run(tmp_path / "var", name, *arguments) == 1
        said = capsys.readouterr().err
        assert 1 <= len(said.splitlines()) <= 3
        assert ("No site runs" in said) or name == "logs"


def test_reset_refuses_while_it_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layout = Layout(tmp_path / "var")
    layout.make()
    with layout.locked():
        assert run(layout.var, "reset", "--yes") == 1
    assert "already runs" in capsys.readouterr().err
    assert layout.var.exists()


def test_reset_of_nothing_is_content(tmp_path: Path) -> None:
    assert run(tmp_path / "var", "reset", "--yes") == 0


def test_the_table_has_a_line_per_component() -> None:
    components = json.loads(
        '[{"name": "edge", "role": "edge", "state": "ready", "pid": 7, "address": "http://x", "uptime_seconds": 61.2,'
        ' "restarts": 0}, {"name": "web-1", "role": "web", "state": "stopped", "pid": null, "address": "",'
        ' "uptime_seconds": null, "restarts": 2}]'
    )
    head, edge, web = cli.table(components).splitlines()
    assert head.split() == list(cli.COLUMNS)
    assert edge.split() == ["edge", "edge", "ready", "7", "1", "min", "0", "http://x"]
    assert web.split() == ["web-1", "web", "stopped", "2"]


def test_the_table_says_which_server_carries_more_than_its_own_database() -> None:
    facts = {"role": "primary", "state": "ready", "pid": 7, "address": "", "uptime_seconds": 1, "restarts": 0}
    both = {**facts, "name": "directory", "databases": ["directory", "shard0"]}
    own = {**facts, "name": "shard1", "databases": ["shard1"]}
    assert cli.table([both, own]).splitlines()[0].endswith("databases")
    assert cli.table([both, own]).splitlines()[1].endswith("directory, shard0")
    assert "databases" not in cli.table([own])


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (7500, "2 h 5 min")]
)
def test_durations_are_rounded(seconds: float, text: str) -> None:
    assert cli.duration(seconds) == text


@pytest.mark.parametrize("name", ["KILL", "kill", "SIGKILL", "9"])
def test_a_signal_may_be_written_in_any_way(name: str) -> None:
    assert parse_signal(name) == 9


@pytest.mark.parametrize("name", ["", "NOPE", "999"])
def test_an_unknown_signal_is_refused(name: str) -> None:
    with pytest.raises(Trouble, match="no signal"):
        parse_signal(name)


def test_every_command_is_explained() -> None:
    text = cli.parser().format_help()
    assert all(
        name in text for name in ("up", "down", "status", "logs", "mail", "kill", "scale", "psql", "reset")
    )
