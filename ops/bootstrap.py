"""From a bare Python to a running site: `python3 ops/bootstrap.py up|setup|test|…`, called by the Makefile.

Makes `.venv`, installs the packages of the lock files by hash, then executes the command; `setup` stops before that.
Standard library only. Old interpreters can parse the file far enough to print that they are too old.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NoReturn

OLDEST = (3, 11)
KNOWN_MINORS = range(11, 20)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
# Each contains the one before.
LOCKS = ("requirements-local.lock", "requirements-test.lock", "requirements-bench.lock")
# npm's packages are inside `.venv`: checkouts that share the environment share them too.
NPM = VENV / "npm"
NPM_LOCKS = ("package.json", "package-lock.json")
NPM_ITSELF = "requirements-npm.lock"  # installed only on machines without npm
NOT_BUILT = "pyvips"  # only its source is published: pure Python, for the benchmarks
COMMANDS = {
    "up": (LOCKS[0], ["ops.topology", "up"]),
    "setup": (LOCKS[1], []),
    "lint": (LOCKS[1], ["ops.checks", "lint"]),
    "test": (LOCKS[1], ["ops.checks", "test"]),
    "demo": (LOCKS[0], ["manage", "demo"]),
    "bench": (LOCKS[2], ["tests.bench"]),
    "reset": (None, ["ops.topology", "reset"]),  # needs no package
}
BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
# What the tests need of this machine, by programs of which one is enough.
PACKAGES = {
    BROWSERS: "chromium-headless-shell",
    ("firefox-esr", "firefox"): "firefox-esr",
    ("WebKitWebDriver",): "webkit2gtk-driver",
    ("Xvfb",): "xvfb",
    ("exiftool",): "libimage-exiftool-perl",
}
# WebKit's window is a script for the system's Python.
BINDINGS = ("/usr/bin/python3", "import gi; gi.require_version('WebKit2', '4.1')")
BINDING_PACKAGES = ["python3-gi", "gir1.2-webkit2-4.1"]
PIP_CURES = (
    (
        "THESE PACKAGES DO NOT MATCH THE HASHES",
        "A package differs from the one that was locked. It was not installed: find out why before you go on.",
    ),
    ("No space left on device", "The disk is full: free 2 GB and try again."),
    ("name resolution", "The package index cannot be reached: check the network and PIP_INDEX_URL."),
    ("Max retries exceeded", "The package index cannot be reached: check the network and PIP_INDEX_URL."),
    ("Connection", "The package index cannot be reached: check the network and PIP_INDEX_URL."),
    (
        "No matching distribution",
        "The package index cannot be reached, or has nothing for this Python: check the network.",
    ),
)
TICK_SECONDS = 0.2


def stop(problem: str, cure: str) -> NoReturn:
    """Exit with code 1, printing the problem and its cure, a line each."""
    sys.exit(f"{problem}\n{cure}")


def enter_venv(arguments: list[str]) -> None:
    """Go on in `.venv` with these arguments when this interpreter lacks the packages and `.venv` may have them."""
    is_inside = Path(sys.prefix).resolve() == VENV.resolve()
    if _has("django") or is_inside or not VENV_PYTHON.exists():
        return
    os.execv(VENV_PYTHON, [str(VENV_PYTHON), *arguments])  # noqa: S606 - the interpreter of this checkout


def check_version() -> None:
    """Execute a newer interpreter of this machine when this one is too old; exit when there is none."""
    if sys.version_info[:2] >= OLDEST:
        return
    names = (shutil.which(f"python3.{minor}") for minor in reversed(KNOWN_MINORS))
    newer = next((name for name in names if name and _run([name, "-c", ""]).returncode == 0), None)
    if newer:
        os.execv(newer, [newer, *sys.argv])  # noqa: S606 - an interpreter that was found on PATH
    stop(
        "Tessera needs Python {}.{} or newer; {} is {}.{}.".format(
            *OLDEST, sys.executable, *sys.version_info
        ),
        "Install one and name it: make up PYTHON=python3.12",
    )


def ensure_venv() -> None:
    """Create `.venv` when it is missing, broken, or of another Python than PYTHON= names."""
    if VENV_PYTHON.exists() and _venv_version() in _accepted_versions():
        return
    if not importlib.util.find_spec("venv") or not (_has("ensurepip") or _has("pip")):
        stop(
            f"{sys.executable} cannot make virtual environments: it lacks venv or ensurepip.",
            "On Debian and Ubuntu: sudo apt-get install -y python3-venv    Then try again.",
        )
    print(f"Making {VENV.name} with Python {sys.version.split()[0]}", flush=True)
    pip = [] if _has("ensurepip") else ["--without-pip"]
    made = _run([sys.executable, "-m", "venv", "--clear", *pip, str(VENV)])
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        stop(
            f"Making {VENV} failed: {_last_line(made.stdout + made.stderr)}",
            "On Debian and Ubuntu: sudo apt-get install -y python3-venv    Then try again.",
        )


def ensure_packages(lock: str) -> None:
    """Install the packages of a lock file, unless it or a larger one is installed already."""
    lock = larger_lock(lock, installed_lock())
    stamp = stamp_of(lock)
    if _read_stamp() == stamp:
        return
    text = (ROOT / lock).read_text(encoding="utf-8")
    total = len(re.findall(r"^[A-Za-z0-9]\S*==", text, re.MULTILINE))
    install(lock, total)
    STAMP.write_text(json.dumps(stamp), encoding="utf-8")


def larger_lock(lock: str, installed: str | None) -> str:
    """Return the larger of two lock files, so that `make up` does not remove the test tools."""
    return installed if installed in LOCKS and LOCKS.index(installed) > LOCKS.index(lock) else lock


def installed_lock() -> str | None:
    return _read_stamp().get("lock")


def stamp_of(lock: str) -> dict[str, str]:
    return {"lock": lock, "sha256": hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()}


def install(lock: str, total: int) -> None:
    """Install a lock file with pip, showing the progress. Exits with a cure when pip fails."""
    began = time.monotonic()
    command = [
        *_pip(),
        "install",
        "--require-hashes",
        "--no-deps",
        "--only-binary=:all:",
        f"--no-binary={NOT_BUILT}",
        "--progress-bar=off",
    ]
    command += ["--disable-pip-version-check", "--no-input", "-r", str(ROOT / lock)]
    progress = Progress(total)
    output: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        ticking = threading.Thread(target=progress.tick, args=(process,), daemon=True)
        ticking.start()
        for line in process.stdout or ():
            output.append(line.rstrip())
            progress.read(line)
    ticking.join()
    if process.returncode:
        problem, cure = diagnose(output)
        progress.say("")
        stop(problem, cure)
    progress.say(f"Installed {progress.total} packages in {time.monotonic() - began:.0f} s", end="\n")


def diagnose(output: list[str]) -> tuple[str, str]:
    """Return pip's first error line, and the cure."""
    text = "\n".join(output)
    cure = next((advice for sign, advice in PIP_CURES if sign in text), "Mend that, or run the same again.")
    errors = [line for line in output if line.startswith("ERROR")]
    return (errors or output or ["pip failed"])[0], cure


class Progress:
    """Progress of pip: one line that is rewritten on a terminal, one line per ten packages elsewhere."""

    def __init__(self, total: int) -> None:
        self.total, self.seen, self.doing = total, 0, "starting"
        self.began = time.monotonic()
        self.is_live = sys.stdout.isatty()

    def read(self, line: str) -> None:
        """Read a line of pip's output: it names the next package, or says that all are being unpacked."""
        package = re.match(
            r"\s*(?:Collecting|Processing|Requirement already satisfied:) (?:\S*/)?([^=\s]+)", line
        )
        if package:
            self.seen += 1
            self.doing = package.group(1)
            if not self.is_live and self.seen % 10 == 0:
                print(f"  {self.text()}", flush=True)
        elif line.startswith("Ignoring "):  # a package for another system
            self.total -= 1
        elif line.startswith("Installing collected packages"):
            self.doing = "unpacking all"
            if not self.is_live:
                print(f"  {self.text()}", flush=True)

    def text(self) -> str:
        return f"{self.seen} of {self.total} packages, {time.monotonic() - self.began:.0f} s: {self.doing}"

    def say(self, text: str, end: str = "") -> None:
        print(f"\r\x1b[2K{text}" if self.is_live else text, end=end, flush=True)

    def tick(self, process: subprocess.Popen[str]) -> None:
        """Rewrite the line while pip prints nothing, so that the seconds pass."""
        while self.is_live and process.poll() is None:
            self.say(f"  {self.text()}")
            time.sleep(TICK_SECONDS)


def ensure_browser_packages() -> None:
    """Install npm's packages, unless this lock is installed already."""
    lock = "".join((ROOT / name).read_text(encoding="utf-8") for name in NPM_LOCKS)
    stamp = NPM / "installed.sha256"
    digest = hashlib.sha256(lock.encode()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == digest:
        return
    npm = find_npm()
    print("Installing the browsers' packages from npm", flush=True)
    NPM.mkdir(parents=True, exist_ok=True)
    for name in NPM_LOCKS:
        shutil.copy(str(ROOT / name), str(NPM / name))
    command = [npm, "ci", "--prefix", str(NPM), "--ignore-scripts", "--no-audit", "--no-fund"]
    # npm runs the first `node` on PATH: let it find the one beside itself.
    path = os.pathsep.join([str(Path(npm).parent), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(
        command, cwd=str(NPM), env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        stop(f"npm ci failed: {_last_line(done.stderr)}", "Mend that and try again.")
    stamp.write_text(digest, encoding="utf-8")


def find_npm() -> str:
    """Return the path of this machine's npm, or of one from a wheel, installed by its own lock."""
    own = VENV / "bin" / "npm"
    system_npm = shutil.which("npm")
    if system_npm and shutil.which("node"):
        return system_npm
    if not own.exists():
        print("This machine has no npm: installing one into .venv (60 MB)", flush=True)
        install(NPM_ITSELF, 2)
    return str(own)


def ensure_translations() -> None:
    """Compile the translations that have changed. Exits when one does not compile."""
    done = subprocess.run(
        [str(VENV_PYTHON), "-m", "ops.translations"],
        cwd=str(ROOT),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        stop(f"Compiling the translations failed: {_last_line(done.stderr)}", "Mend the .po file it names.")


def ensure_programs() -> None:
    """Install browsers and exiftool for the tests: by apt as root; otherwise exit with the command to run."""
    missing = [package for names, package in PACKAGES.items() if not any(map(shutil.which, names))]
    missing += [] if _has_bindings() else BINDING_PACKAGES
    if not missing:
        return
    command = f"apt-get install -y --no-install-recommends {' '.join(missing)}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        stop(
            f"The tests need programs that are missing: {', '.join(missing)}.",
            f"Install them: sudo {command}",
        )
    print(f"Installing {' and '.join(missing)}", flush=True)
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update", "-q"], command.split()):
        done = subprocess.run(step, env=environ, capture_output=True, text=True, check=False)
        if done.returncode:
            stop(f"{' '.join(step)} failed: {_last_line(done.stderr)}", "Mend that and try again.")


def main() -> None:
    """Prepare for the command, then execute it."""
    check_version()
    command, *arguments = sys.argv[1:] or ["up"]
    if command not in COMMANDS:
        stop(f"There is no command {command!r}.", f"There are: {', '.join(COMMANDS)}")
    lock, module = COMMANDS[command]
    python = Path(sys.executable)
    if lock:
        ensure_venv()
        ensure_packages(lock)
        ensure_browser_packages()
        ensure_translations()
        python = VENV_PYTHON
    if command == "test":
        ensure_programs()
    if not module:
        print(f"Ready. Next: {VENV.name}/bin/pytest tests/sharding/rows/test_ids.py, make lint, make up")
        return
    os.chdir(ROOT)
    environ = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    os.execve(python, [str(python), "-m", *module, *arguments], environ)  # noqa: S606 - a module of this project


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _pip() -> list[str]:
    """Return the command of pip: that of `.venv`, or this interpreter's, which can install into it."""
    has_own = next(VENV.glob("lib/python*/site-packages/pip"), None)
    return (
        [str(VENV_PYTHON), "-m", "pip"]
        if has_own
        else [sys.executable, "-m", "pip", f"--python={VENV_PYTHON}"]
    )


def _venv_version() -> tuple[int, ...] | None:
    done = _run([str(VENV_PYTHON), "-c", "import sys; print(*sys.version_info[:2])"])
    return tuple(map(int, done.stdout.split())) if done.returncode == 0 else None


def _accepted_versions() -> set[tuple[int, ...]]:
    """Return the versions that `.venv` may have: any new enough, or this interpreter's when PYTHON= chose it."""
    if "PYTHON" in os.environ:
        return {sys.version_info[:2]}
    return {(3, minor) for minor in KNOWN_MINORS}


def _read_stamp() -> dict[str, str]:
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _has_bindings() -> bool:
    python, code = BINDINGS
    return shutil.which(python) is not None and _run([python, "-c", code]).returncode == 0


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason was given"])[-1]


if __name__ == "__main__":
    main()
