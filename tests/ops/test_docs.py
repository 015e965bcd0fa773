"""What documents name is there: files and folders, tests, make targets, commands, steps of the pre-commit hooks."""

import functools
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import bootstrap, checks
from ops.topology.servers import pods
from photos.imaging.format_table import TAKEN
from tests.ops.topology.site import make_site

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = ROOT / "ops" / "decisions"
DOCUMENTS = sorted(
    path
    for folder in ("", "config/**/", "photos/**/", "accounts/**/", "sharding/**/", "ops/**/", "tests/**/")
    for path in ROOT.glob(f"{folder}*.md")
)
READMES = [path for path in DOCUMENTS if path.name == "README.md"]
TREES = [path for path in READMES if re.search(r"^```\n\S+/\n", path.read_text(), re.MULTILINE)]
DECIDED = sorted(path for path in DECISIONS.glob("*/*.md"))
PATH = re.compile(r"`([\w./-]+(?:\.py|\.md|\.json|/))`")
TEST = re.compile(r"`(test_\w+)`")
TARGET = re.compile(r"\bmake ([a-z]+)\b(?= |`|$|\))", re.MULTILINE)
COMMAND = re.compile(r"manage\.py ([a-z_]+)")
# Folders of the store and of a running site, and paths of addresses.
ELSEWHERE = ("pub/", "zip/", "var/", "/", "p/", "DIR/")
DJANGOS = {"check", "shell"}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(readme: Path) -> Iterator[Path]:
    """Yield what the tree at the beginning of a README names: two spaces more are one folder deeper."""
    block = re.search(r"^```\n\S+/\n(.*?)^```$", readme.read_text(), re.MULTILINE | re.DOTALL)
    assert block is not None
    folders = [readme.parent]
    for line in block.group(1).splitlines():
        depth, name = (len(line) - len(line.lstrip())) // 2, line.split()[0]
        folders[depth:] = [folders[depth - 1] / name]
        yield folders[depth]


@pytest.mark.parametrize("readme", TREES, ids=named)
def test_a_tree_names_what_is_there(readme: Path) -> None:
    assert [str(path.relative_to(ROOT)) for path in tree(readme) if not path.exists()] == []


@pytest.mark.parametrize("readme", [path for path in TREES if path.parent != ROOT], ids=named)
def test_a_tree_has_a_line_for_each_module_beside_it(readme: Path) -> None:
    modules = {path for path in readme.parent.glob("*.py") if not path.name.startswith("__")}
    assert {path.name for path in modules - set(tree(readme))} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_a_document_names_files_that_are_there(document: Path) -> None:
    paths = {path for path in PATH.findall(document.read_text()) if not path.startswith(ELSEWHERE)}
    assert {
        path for path in paths if not ((ROOT / path).exists() or (document.parent / path).exists())
    } == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_a_test_file_in_a_command_is_there(document: Path) -> None:
    paths = set(re.findall(r"\btests/[\w/]+\.py", document.read_text()))
    assert {path for path in paths if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_a_link_to_a_file_leads_somewhere(document: Path) -> None:
    links = {link for link in re.findall(r"\]\(([^)#]+)\)", document.read_text()) if "://" not in link}
    assert {link for link in links if not (document.parent / link).exists()} == set()


@functools.cache
def all_tests() -> frozenset[str]:
    """Return the names of all test functions."""
    texts = (path.read_text() for path in ROOT.glob("tests/**/test_*.py"))
    return frozenset(name for text in texts for name in re.findall(r"def (test_\w+)", text))


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_a_test_that_a_document_names_is_there(document: Path) -> None:
    assert set(TEST.findall(document.read_text())) - all_tests() == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_a_command_that_a_document_names_is_there(document: Path) -> None:
    text = document.read_text()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = {path.stem for path in ROOT.glob("*/management/commands/*.py")} | DJANGOS
    code = " ".join(re.findall(r"`[^`\n]+`|^    .*$", text, re.MULTILINE))
    assert set(TARGET.findall(code)) - targets == set()
    assert set(COMMAND.findall(code)) - commands == set()


@pytest.mark.parametrize("decision", DECIDED, ids=named)
def test_a_decision_is_short_and_listed(decision: Path) -> None:
    title, *text = [line for line in decision.read_text().splitlines() if line]
    assert 5 <= len(text) <= 15
    listed = f"- [{title.removeprefix('# ')}]({decision.relative_to(DECISIONS)})"
    assert listed in (DECISIONS / "README.md").read_text().splitlines()
    assert any(line.startswith("It holds: ") for line in text)


def test_every_decision_that_is_listed_is_there() -> None:
    links = re.findall(r"\]\((\S+)\)", (DECISIONS / "README.md").read_text())
    assert sorted(links) == [str(path.relative_to(DECISIONS)) for path in DECIDED]


def figure(document: str, pattern: str) -> int:
    """Return the number in a document that the pattern's group matches."""
    found = re.search(pattern, (ROOT / document).read_text())
    assert found is not None, f"{document} says nothing like {pattern}"
    return int(found.group(1))


def test_the_memory_of_the_topology_is_the_same_everywhere() -> None:
    most = figure("ops/topology/README.md", r"\d+-(\d+) MB in all")
    assert most <= figure("ops/topology/machine/diagnosis.py", r"takes about (\d+) MB") <= 1.2 * most


def test_the_packages_take_as_much_room_as_is_said() -> None:
    files = (Path(folder, name) for folder, _, names in os.walk(bootstrap.VENV.resolve()) for name in names)
    stats = [path.lstat() for path in files]
    sizes = {(stat.st_dev, stat.st_ino): stat.st_blocks * 512 for stat in stats}
    said = figure("README.md", r"(\d+) MB on disk") * 1_000_000
    assert 0.7 * said < sum(sizes.values()) < 1.4 * said


def test_production_runs_the_roles_that_the_local_site_runs(tmp_path: Path) -> None:
    production = (ROOT / "README.md").read_text().partition("## In production")[2]
    for role in ("manage.py provision", "a web pod", "manage.py scheduler", "dramatiq config.worker"):
        assert role in production
    line = re.search(r"#   dramatiq (config\.worker .*)", (ROOT / "Dockerfile").read_text())
    assert line is not None
    local = " ".join(pods.worker(make_site(tmp_path), 1).argv).partition("-m dramatiq ")[2]
    timeout = re.compile(
        r" --worker-shutdown-timeout \d+"
    )  # a cluster gives more time than a person at a terminal
    assert timeout.sub("", line.group(1)) == timeout.sub("", local)


def test_formats_are_listed_alike_wherever_documents_name_them() -> None:
    names = {taken.name for taken in TAKEN.values()}
    lists = re.compile(rf"(?:(?:{'|'.join(names)})(?:, | and | or )){{3,}}(?:{'|'.join(names)})")
    files = [*DOCUMENTS, *ROOT.glob("photos/**/*.html"), *ROOT.glob("photos/**/*.js")]
    said = {(named(path), found.group()) for path in files for found in lists.finditer(path.read_text())}
    assert {
        (path, text) for path, text in said if set(re.findall(r"\w+", text)) - {"and", "or"} != names
    } == set()
    assert said, "the changelog has one"


def test_the_first_document_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


def test_the_hooks_before_a_commit_are_the_steps_of_lint() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text()
    assert re.findall(r"-m ops\.checks (\w+)", text) == [step.name for step in checks.lint()]
    assert "://" not in text
