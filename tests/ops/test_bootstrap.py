import ast
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ops import bootstrap


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project with two locks."""
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "VENV_PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / ".venv" / "installed.json")
    (tmp_path / ".venv").mkdir()
    for lock, text in zip((LOCAL, TEST), ("a==1\n", "a==1\nb==2 \\\n    --hash=sha256:0\n"), strict=True):
        (tmp_path / lock).write_text(text)
    return tmp_path / ".venv"


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    calls: list[tuple[str, int]] = []
    monkeypatch.setattr(bootstrap, "install", lambda lock, total: calls.append((lock, total)))
    return calls


LOCAL, TEST, BENCH = bootstrap.LOCKS


def test_a_lock_is_installed_once(venv: Path, installed: list[tuple[str, int]]) -> None:
    for _ in range(2):
        bootstrap.ensure_packages(LOCAL)
    assert installed == [(LOCAL, 1)]


def test_a_changed_lock_is_installed_again(venv: Path, installed: list[tuple[str, int]]) -> None:
    bootstrap.ensure_packages(LOCAL)
    (venv.parent / LOCAL).write_text("a==2\n")
    bootstrap.ensure_packages(LOCAL)
    assert len(installed) == 2


def test_starting_the_site_does_not_reinstall_over_the_test_tools(
    venv: Path, installed: list[tuple[str, int]]
) -> None:
    bootstrap.ensure_packages(TEST)
    bootstrap.ensure_packages(LOCAL)
    assert installed == [(TEST, 2)]


def test_with_test_tools_a_changed_lock_is_installed_whole(
    venv: Path, installed: list[tuple[str, int]]
) -> None:
    bootstrap.ensure_packages(TEST)
    (venv.parent / TEST).write_text("a==2\n")
    bootstrap.ensure_packages(LOCAL)
    assert installed == [(TEST, 2), (TEST, 1)]


def test_an_interrupted_installation_is_done_again(venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(lock: str, total: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "install", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bootstrap.ensure_packages(LOCAL)
    assert not bootstrap.STAMP.exists()


@pytest.mark.parametrize("damage", ["", "{", "[]"])
def test_a_damaged_stamp_is_no_stamp(venv: Path, installed: list[tuple[str, int]], damage: str) -> None:
    bootstrap.STAMP.write_text(damage)
    bootstrap.ensure_packages(LOCAL)
    assert json.loads(bootstrap.STAMP.read_text())["lock"] == LOCAL


def test_a_python_without_venv_stops_with_what_to_install(
    venv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(SystemExit, match="apt-get install -y python3-venv") as stopped:
        bootstrap.ensure_venv()
    assert str(stopped.value).count("\n") == 1


def test_a_whole_environment_is_kept(venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (venv / "bin").mkdir()
    (venv / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.delenv("PYTHON", raising=False)
    monkeypatch.setattr(subprocess, "run", run_nothing_but_version)
    bootstrap.ensure_venv()


def test_a_chosen_python_that_differs_makes_a_new_environment(
    venv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON", "python3.99")
    assert bootstrap._accepted_versions() == {sys.version_info[:2]}
    monkeypatch.delenv("PYTHON")
    assert {(3, 11), (3, 14)} <= bootstrap._accepted_versions()


def test_an_old_python_goes_on_with_a_newer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[object] = []
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    on_path = {"python3.14", "python3.12"}
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}" if name in on_path else None)
    monkeypatch.setattr(
        subprocess, "run", run_only_python_3_12
    )  # the other is a shim without a Python behind it
    monkeypatch.setattr("os.execv", lambda path, argv: called.append((path, argv[0])))
    with pytest.raises(SystemExit):  # exec does not return; here it does
        bootstrap.check_version()
    assert called == [("/usr/bin/python3.12", "/usr/bin/python3.12")]


def test_an_old_python_alone_stops_with_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer; .* is 3\.9\.\n.*PYTHON="):
        bootstrap.check_version()


def test_old_pythons_can_read_the_file_far_enough_to_say_so() -> None:
    source = Path(bootstrap.__file__).read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 7))


@pytest.mark.parametrize(
    ("output", "cure"),
    [
        (
            "WARNING: Retrying … Temporary failure in name resolution\nERROR: No matching distribution",
            "network",
        ),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "differs from the one that was locked"),
        ("ERROR: Could not install packages: [Errno 28] No space left on device", "disk is full"),
        ("something else", "run the same again"),
    ],
)
def test_an_error_of_pip_is_printed_with_its_cure(output: str, cure: str) -> None:
    problem, advice = bootstrap.diagnose(output.splitlines())
    assert problem in output
    assert cure in advice


def test_progress_counts_packages_and_prints_every_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    progress = bootstrap.Progress(21)
    for number in range(20):
        progress.read(f"Collecting package{number}==1.0 (from -r x)\n")
        progress.read("  Downloading package.whl (1 kB)\n")
    progress.read("Ignoring colorama: markers 'sys_platform == \"win32\"' don't match your environment\n")
    progress.read("Installing collected packages: a, b\n")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines] == [
        "  10 of 21 packages",
        "  20 of 21 packages",
        "  20 of 20 packages",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Collecting boto3==1.44 (from -r x (line 1))",
        "Processing /wheels/boto3-1.44-py3-none-any.whl (from -r x (line 1))",
        "Requirement already satisfied: boto3==1.44 in ./lib",
    ],
)
def test_progress_follows_every_way_in_which_pip_names_a_package(line: str) -> None:
    progress = bootstrap.Progress(1)
    progress.read(line)
    assert progress.text().startswith("1 of 1 packages")
    assert "boto3" in progress.text()
    assert "/" not in progress.text()


def test_progress_on_a_terminal_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", terminal)
    progress = bootstrap.Progress(20)
    for number in range(20):
        progress.read(f"Requirement already satisfied: package{number}==1.0\n")
        progress.say(progress.text())
    assert "\n" not in terminal.getvalue()
    assert "20 of 20" in terminal.getvalue()


@pytest.fixture
def npm(venv: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The npm commands that are run in an empty project."""
    monkeypatch.setattr(bootstrap, "NPM", venv / "npm")
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    for name in bootstrap.NPM_LOCKS:
        (venv.parent / name).write_text("{}")
    commands: list[list[str]] = []

    def run(argv: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(argv)
        return subprocess.CompletedProcess(argv, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    return commands


def test_what_browsers_run_is_installed_once_and_again_when_its_lock_changes(
    venv: Path, npm: list[list[str]]
) -> None:
    for _ in range(2):
        bootstrap.ensure_browser_packages()
    assert [argv[:2] for argv in npm] == [["/usr/bin/npm", "ci"]]
    (venv.parent / bootstrap.NPM_LOCKS[1]).write_text('{"packages": {}}')
    bootstrap.ensure_browser_packages()
    assert len(npm) == 2
    assert (venv / "npm" / bootstrap.NPM_LOCKS[1]).read_text() == '{"packages": {}}'


def test_a_machine_without_npm_gets_one_by_its_own_lock(
    venv: Path,
    npm: list[list[str]],
    installed: list[tuple[str, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing(monkeypatch, "npm")
    bootstrap.ensure_browser_packages()
    assert installed == [(bootstrap.NPM_ITSELF, 2)]
    assert npm[0][0] == str(venv / "bin" / "npm")


def test_npm_that_fails_stops_and_is_run_again(npm: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "npm error network\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(SystemExit, match="npm error network"):
        bootstrap.ensure_browser_packages()
    assert not (bootstrap.NPM / "installed.sha256").exists()


def test_the_npm_lock_names_no_address() -> None:
    assert "resolved" not in (bootstrap.ROOT / "package-lock.json").read_text()


def missing(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(bootstrap, "_has_bindings", lambda: "bindings" not in names)
    monkeypatch.setattr("shutil.which", lambda name: None if name in names else f"/usr/bin/{name}")


def test_any_chromium_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    missing(monkeypatch, "chromium-headless-shell", "chromium", "chromium-browser")
    bootstrap.ensure_programs()


def test_an_ordinary_user_gets_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    missing(
        monkeypatch, *bootstrap.BROWSERS, "exiftool", "firefox", "firefox-esr", "WebKitWebDriver", "bindings"
    )
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(SystemExit, match=r"sudo apt-get install ") as stopped:
        bootstrap.ensure_programs()
    browsers = "chromium-headless-shell firefox-esr webkit2gtk-driver"
    assert str(stopped.value).endswith(f"{browsers} libimage-exiftool-perl python3-gi gir1.2-webkit2-4.1")


def test_root_gets_what_is_missing_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    missing(monkeypatch, "exiftool")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    ran: list[list[str]] = []

    def run(argv: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        ran.append(argv)
        return subprocess.CompletedProcess(argv, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    bootstrap.ensure_programs()
    assert [argv[1] for argv in ran] == ["update", "install"]
    assert ran[1][-1] == "libimage-exiftool-perl"
    assert "chromium" not in ran[1]


def test_setup_prepares_everything_but_programs_and_runs_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared: list[str] = []
    for step in ("check_version", "ensure_venv", "ensure_browser_packages", "ensure_translations"):
        monkeypatch.setattr(bootstrap, step, lambda step=step: prepared.append(step))
    monkeypatch.setattr(bootstrap, "ensure_packages", prepared.append)
    for name in ("ensure_programs", "stop"):
        monkeypatch.setattr(bootstrap, name, None)  # calling it would fail
    monkeypatch.setattr("os.execve", None)
    monkeypatch.setattr(sys, "argv", ["bootstrap.py", "setup"])
    bootstrap.main()
    assert prepared == [
        "check_version",
        "ensure_venv",
        TEST,
        "ensure_browser_packages",
        "ensure_translations",
    ]
    assert "make lint" in capsys.readouterr().out


def run_only_python_3_12(argv: list[str], **_: object) -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess(argv, 0 if argv[0].endswith("3.12") else 127, "", "")


def run_nothing_but_version(argv: list[str], **_: object) -> subprocess.CompletedProcess[str]:
    assert argv[1] == "-c", f"{argv} must not run"
    return subprocess.CompletedProcess(argv, 0, "3 11\n", "")


def test_what_follows_the_command_goes_on_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = (
        "check_version",
        "ensure_venv",
        "ensure_browser_packages",
        "ensure_translations",
        "ensure_programs",
    )
    for name in steps:
        monkeypatch.setattr(bootstrap, name, lambda: None)
    monkeypatch.setattr(bootstrap, "ensure_packages", lambda lock: None)
    monkeypatch.setattr("os.chdir", lambda folder: None)
    called: list[list[str]] = []
    monkeypatch.setattr("os.execve", lambda path, argv, environ: called.append(argv))
    monkeypatch.setattr("sys.argv", ["bootstrap.py", "test", "-k", "a or b"])
    bootstrap.main()
    assert called[0][1:] == ["-m", "ops.checks", "test", "-k", "a or b"]
