"""The import map: the names by which JavaScript modules import each other.

Modules import by name (`tessera/upload/queue`), never by path, so the hashes in the names of static files stay out of
the code and no build step has to rewrite it. A module's name is its place below FOLDER.
"""

import functools
import json
from pathlib import Path

from django.templatetags.static import static

ADDRESS = "photos/js"  # of FOLDER, below STATIC_URL
FOLDER = Path(__file__).resolve().parent.parent / "photos" / "static" / ADDRESS
OTHERS = {  # from npm
    "photoswipe": "npm/photoswipe/photoswipe.esm.min.js",
    "photoswipe/lightbox": "npm/photoswipe/photoswipe-lightbox.esm.min.js",
}
CATALOGUE = "lib/catalogue-"  # and a language: the texts of all modules, made by ops/translations.py
WORKERS = frozenset(
    {"files/hash-worker", "site/service-worker"}
)  # classic scripts, which import maps do not reach


def module_names() -> list[str]:
    """Return the names of the modules that pages may import, in alphabetical order."""
    names = (path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.js"))
    return sorted(name for name in names if name not in WORKERS and not name.startswith(CATALOGUE))


@functools.cache
def import_map(language: str) -> str:
    """Return the map as JSON that is safe inside a `<script>`; made once per process and language."""
    imports = {f"tessera/{name}": static(f"{ADDRESS}/{name}.js") for name in module_names()}
    imports["tessera/catalogue"] = static(f"{ADDRESS}/{CATALOGUE}{language}.js")
    imports |= {name: static(path) for name, path in OTHERS.items()}
    return json.dumps({"imports": imports}, separators=(",", ":")).replace("<", "\\u003c")
