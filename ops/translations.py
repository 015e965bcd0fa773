"""`python -m ops.translations`: compiles the translations (.po) for Django (.mo) and for browsers (catalogue-*.js).

The results are not in the repository. One that is older than its source is compiled when the site starts, when the
image is built and before tests. That needs no GNU gettext; only `gather`, which collects new messages, runs xgettext.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from ops.checks import deployment

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "config" / "locale"
SCRIPTS = ROOT / "photos" / "static" / "photos" / "js" / "lib"
_CREATION_DATE = re.compile(r'^"POT-Creation-Date: .*\n', re.MULTILINE)


def compile_all() -> list[Path]:
    """Compile each result that is missing or older than its source; return the files that were written."""
    made = []
    for source, target, compiled in _targets():
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            _write(target, compiled(source))
            made.append(target)
    return made


def as_mo(source: Path) -> bytes:
    """Return a catalogue in gettext's binary format, without fuzzy messages."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415 - slow to load, and mostly nothing is compiled

    result = BytesIO()
    write_mo(result, _read(source))
    return result.getvalue()


def as_module(source: Path) -> bytes:
    """Return a catalogue as a JavaScript module: {message: its translation, or its plural forms}."""
    words = {}
    for message in _read(source):
        if message.id and not message.fuzzy:
            words[message.id if isinstance(message.id, str) else message.id[0]] = message.string
    text = json.dumps(words, ensure_ascii=False, indent=0, sort_keys=True)
    return f"export default {text};\n".encode()


def _targets() -> Iterator[tuple[Path, Path, Callable[[Path], bytes]]]:
    for source in sorted(LOCALES.glob("*/LC_MESSAGES/*.po")):
        if source.stem == "djangojs":
            language = source.parts[-3]
            yield source, SCRIPTS / f"catalogue-{language}.js", as_module
        else:
            yield source, source.with_suffix(".mo"), as_mo


def _read(source: Path) -> "Catalog":
    from babel.messages.pofile import read_po  # noqa: PLC0415 - see as_mo

    with source.open("rb") as file:
        return read_po(file)


def _write(target: Path, content: bytes) -> None:
    """Replace the file atomically: another process may read it, or compile it at the same time."""
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(target)


def gather() -> None:
    """Collect new messages into the .po files, without their locations: line numbers would fill every diff."""
    options = ["--all", "--no-location", "--no-wrap", "--no-obsolete"]
    skipped = [
        f"--ignore={name}" for name in (".venv", "var", "tests", "ops", "node_modules", "catalogue-*.js")
    ]
    environ = {**os.environ, **deployment()}  # makemessages needs settings that parse, but no server
    for domain in ("django", "djangojs"):
        command = [sys.executable, "manage.py", "makemessages", f"--domain={domain}", *options, *skipped]
        subprocess.run(command, cwd=ROOT, env=environ, check=True)
    for source in sorted(LOCALES.glob("*/LC_MESSAGES/*.po")):
        text = source.read_text(encoding="utf-8")
        source.write_text(_CREATION_DATE.sub("", text), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["gather"]:
        gather()
    for path in compile_all():
        print(f"Made {path.relative_to(ROOT)}", flush=True)
