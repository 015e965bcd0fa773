"""Making the file names of uploads safe to show. They never become part of a key or a path."""

import re
import unicodedata

MAX_STEM = 120
# Invisible characters, and those that turn the reading direction, by which "gnp.exe" could look like "exe.png".
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SPACES = re.compile(r"[^\S\r\n\t\v\f]+")
_NOT_IN_SUFFIX = re.compile(r"[^A-Za-z0-9]")


def display_name(name: str) -> str:
    """Return the last part of a name in NFC, without control or invisible characters; "photo" when none is left."""
    last = name.encode("utf-8", "replace").decode().replace("\\", "/").rsplit("/", 1)[-1]
    normal = _SPACES.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", last)))
    visible = "".join(char for char in normal if unicodedata.category(char)[0] != "C").strip(" .")
    stem, dot, suffix = visible.rpartition(".")
    if not dot:
        return visible[:MAX_STEM] or "photo"
    suffix = _NOT_IN_SUFFIX.sub("", suffix)[:8]
    return f"{stem[:MAX_STEM] or 'photo'}.{suffix}" if suffix else stem[:MAX_STEM]
