"""A language for tests: every message stands between ⟦ and ⟧, so what does not was never given to be translated."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

from django.utils import translation
from django.utils.translation.trans_real import CONTEXT_SEPARATOR

OPEN, CLOSE = "⟦", "⟧"
SPOKEN_ATTRIBUTES = {"aria-label", "title", "placeholder", "alt"}
SILENT = {"script", "style"}
# Names, addresses and units are what they are in any language.
NAMES = re.compile(
    r"https?://\S+|[\w.+-]+@[\w.-]+\w|@?\b(?:Tessera|alice|bob|carol|user\d|Alice|Liddell|AL|BO|CA|US|UTC|mm|English)\b"
)
RAW = re.compile(r"[A-Za-z]{2,}[A-Za-z ,.]*")


def spoken(said: set[str]) -> dict[str, Callable[..., str]]:
    """Return stand-ins for Django's functions, which note in `said` what they are given."""

    def note(text: str, context: str = "") -> str:
        said.add(f"{context}{CONTEXT_SEPARATOR}{text}" if context else text)
        return f"{OPEN}{text}{CLOSE}" if text else ""

    return {
        "gettext": note,
        "pgettext": lambda context, text: note(text, context),
        "ngettext": lambda one, many, count: note(one) and f"{OPEN}{one if count == 1 else many}{CLOSE}",
        "npgettext": lambda context, one, many, count: (
            note(one, context) and f"{OPEN}{one if count == 1 else many}{CLOSE}"
        ),
    }


class _Reader(HTMLParser):
    """What a page says: all of its text as one, and each attribute that is read out or shown."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.attributes: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag in SILENT:
            self.silent += 1
        if tag == "meta" and known.get("name") == "description":
            self.attributes.append(known.get("content") or "")
        self.attributes += [value for name, value in attrs if name in SPOKEN_ATTRIBUTES and value]
        self.text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in SILENT
        self.text.append(" ")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.text.append(data)


def raw_in(html: str) -> list[str]:
    """Return what a page says without having asked for a translation."""
    reader = _Reader()
    reader.feed(html)
    return [found for text in ("".join(reader.text), *reader.attributes) for found in raw_text_in(text)]


def raw_text_in(text: str) -> list[str]:
    """Return what stands outside of all brackets, and is not a name."""
    outside, depth = [], 0
    for character in text:
        depth += (character == OPEN) - (character == CLOSE)
        outside.append(character if depth == 0 and character != CLOSE else "\n")
    return [found.strip() for found in RAW.findall(NAMES.sub("", "".join(outside)))]


def install(monkeypatch: Any) -> set[str]:
    """Speak so from now on; return the set in which messages are noted."""
    said: set[str] = set()
    for name, function in spoken(said).items():
        monkeypatch.setattr(translation._trans, name, function)  # type: ignore[attr-defined] # Django's own, not in the stubs
    return said
