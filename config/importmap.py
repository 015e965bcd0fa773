"""The import map: how our JavaScript modules find each other.

Modules import by name (`tessera/queue`), never by path, so the hashes in the names of static files stay out of the code
and no build step has to rewrite it.
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
WORKERS = frozenset(
    {"hash-worker", "service-worker"}
)  # classic scripts in Workers, where import maps do not reach


def module_names() -> list[str]:
    """Return the names of the modules that pages may import, in alphabetical order."""
    return sorted(path.stem for path in FOLDER.glob("*.js") if path.stem not in WORKERS)


@functools.cache
def import_map() -> str:
    """Return the map as JSON that is safe inside a `<script>`; made once a process."""
    imports = {f"tessera/{name}": static(f"js/{name}.js") for name in module_names()}
    imports |= {name: static(path) for name, path in OTHERS.items()}
    return json.dumps({"imports": imports}, separators=(",", ":")).replace("<", "\\u003c")
