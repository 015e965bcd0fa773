"""The import map: the names by which JavaScript modules import each other.

Modules import by name (`tessera/queue`), never by path, so that the code does not contain the hashes of static files
and needs no build step.
"""

import functools
import json
from pathlib import Path

from django.templatetags.static import static

FOLDER = Path(__file__).resolve().parent / "static" / "js"
OTHERS = {  # from npm
    "photoswipe": "npm/photoswipe/photoswipe.esm.min.js",
    "photoswipe/lightbox": "npm/photoswipe/photoswipe-lightbox.esm.min.js",
}
CATALOGUE = (
    "catalogue-"  # and a language: what modules say, made by ops/translations.py; they know one name for all
)
WORKERS = frozenset(
    {"hash-worker", "service-worker"}
)  # classic scripts in Workers, where import maps do not reach


def module_names() -> list[str]:
    """Return the names of the modules that pages may import, in alphabetical order."""
    names = (path.stem for path in FOLDER.glob("*.js") if not path.stem.startswith(CATALOGUE))
    return sorted(name for name in names if name not in WORKERS)


@functools.cache
def import_map(language: str) -> str:
    """Return the map as JSON that is safe inside a `<script>`; made once per process and language."""
    imports = {f"tessera/{name}": static(f"js/{name}.js") for name in module_names()}
    imports["tessera/catalogue"] = static(f"js/{CATALOGUE}{language}.js")
    imports |= {name: static(path) for name, path in OTHERS.items()}
    return json.dumps({"imports": imports}, separators=(",", ":")).replace("<", "\\u003c")
