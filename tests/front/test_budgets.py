"""How much a page may cost a bad phone, and how our modules find each other."""

import gzip
import re
from pathlib import Path

import django_htmx
import pytest
from django.contrib.staticfiles import finders

from config import importmap

ROOT = Path(importmap.__file__).resolve().parents[1]
MODULES = sorted(path for path in importmap.FOLDER.rglob("*.js") if importmap.CATALOGUE not in str(path))
SHEETS = sorted(ROOT.glob("*/static/**/*.css"))
IMPORTS = re.compile(r"""(?:from|import)\s*\(?\s*["']([^"']+)["']""")
CATALOGUE = "tessera/catalogue"
TRAY = "tessera/upload/tray-upload"
SCRIPTS = re.compile(r"static 'photos/js/([a-z/-]+)\.js'")
BASE = ROOT / "config" / "templates" / "base.html"
TEMPLATES = [path for path in sorted(ROOT.glob("*/templates/**/*.html")) if SCRIPTS.search(path.read_text())]
PAGES = [
    path
    for path in sorted(ROOT.glob("*/templates/**/*.html"))
    if re.search(r"{% extends (?!.admin)", path.read_text())
]
MOST_SHEETS = 7  # browsers without HTTP/2 fetch six files at a time
HTMX = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"


def gzipped(*paths: Path) -> int:
    """Return the bytes that travel."""
    return sum(len(gzip.compress(path.read_bytes())) for path in paths)


def scripts_of(*templates: Path) -> set[str]:
    """Return the modules that these templates start, and all that those import, at once or when they are needed.

    What goes on in the tray began on the upload page, which left its modules in the browser's cache.
    """
    found: set[str] = set()
    text = "".join(path.read_text() for path in templates)
    wanted = {f"tessera/{name}" for name in SCRIPTS.findall(text)}
    while wanted:
        found |= wanted
        ours = [file_of(name) for name in wanted if "tessera/" in name and name != TRAY]
        wanted = {name for path in ours for name in IMPORTS.findall(path.read_text())} - found
    return found


def file_of(name: str) -> Path:
    """Return the file of a module."""
    if name == CATALOGUE:  # of all languages the one with the most to say
        return max(importmap.FOLDER.glob(f"{importmap.CATALOGUE}*.js"), key=gzipped)
    other = importmap.OTHERS.get(name)
    return (
        Path(str(finders.find(other))) if other else importmap.FOLDER / f"{name.removeprefix('tessera/')}.js"
    )


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_all_javascript_of_a_page_with_htmx_is_within_60_kb(path: Path) -> None:
    assert gzipped(HTMX, *map(file_of, scripts_of(BASE, path))) <= 60_000


def test_what_the_tray_needs_came_with_the_upload_page() -> None:
    uploading = scripts_of(BASE, ROOT / "photos" / "templates" / "photos" / "upload" / "upload.html")
    assert set(IMPORTS.findall(file_of(TRAY).read_text())) <= uploading


def sheets_of(template: Path) -> list[str]:
    """Return the style sheets that a page waits for before it is painted, its frame's first."""
    text = template.read_text()
    extended = re.search(r'{% extends (?:"([^"]+)"|frame) %}', text)
    before = sheets_of(template_at(extended[1] or "photos/shared/frame.html")) if extended else []
    return before + re.findall(r'<link rel="stylesheet" href="{% static \'([^\']+)\' %}">', text)


def template_at(name: str) -> Path:
    """Return the file of a template."""
    return next(path for path in ROOT.glob(f"*/templates/{name}"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_waits_for_few_style_sheets_and_all_of_them_are_within_30_kb(path: Path) -> None:
    names = sheets_of(path)
    assert len(names) == len(set(names)) <= MOST_SHEETS
    later = ["photos/css/tray.css", "photos/css/lightbox.css", "npm/photoswipe/photoswipe.css"]
    assert gzipped(*(Path(str(finders.find(name))) for name in [*names, *later])) <= 30_000


def test_the_picture_of_the_landing_page_is_light() -> None:
    assert gzipped(ROOT / "config" / "static" / "img" / "mosaic.svg") <= 6_000


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_can_be_read_at_one_sitting(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 140


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_modules_import_each_other_by_name_only(path: Path) -> None:
    wanted = IMPORTS.findall(path.read_text())
    ours = {f"tessera/{name}" for name in importmap.module_names()}
    assert set(wanted) <= ours | importmap.OTHERS.keys() | {CATALOGUE}


@pytest.mark.parametrize("name", importmap.OTHERS.values())
def test_what_comes_from_npm_is_installed(name: str) -> None:
    assert finders.find(name), "python3 ops/bootstrap.py lint installs it"


def test_a_worker_is_no_module() -> None:
    assert "files/hash-worker" not in importmap.module_names()
    assert "upload/photo-upload" in importmap.module_names()


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_every_rule_lives_in_a_layer(path: Path) -> None:
    top = re.sub(
        r"{(?:[^{}]|{(?:[^{}]|{(?:[^{}]|{[^{}]*})*})*})*}", "{}", re.sub(r"/\*.*?\*/", "", path.read_text())
    )
    assert re.findall(r"(?m)^(?!@layer|@keyframes)\S.*{}", top) == []


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_sides_are_logical(path: Path) -> None:
    side = r"(?:left|right|top|bottom)"
    physical = rf"(?<!safe-area-)(?:margin|padding|border|inset)-{side}|(?:^|[\s;{{])(?:left|right)\s*:"
    assert re.findall(physical, path.read_text()) == []
