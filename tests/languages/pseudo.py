"""A pseudo-language for tests: gettext puts each message between ⟦ and ⟧, so text outside was never translated."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

from django.utils import translation
from django.utils.translation.trans_real import CONTEXT_SEPARATOR

OPEN, CLOSE = "⟦", "⟧"
SPOKEN_ATTRIBUTES = {"aria-label", "title", "placeholder", "alt"}
SILENT = {"script", "style"}
# Names, addresses and units are the same in any language.
NAMES = re.compile(
    r"https?://\S+|[\w.+-]+@[\w.-]+\w|@?\b(?:Tessera|alice|bob|carol|user\d|Alice|Liddell|AL|BO|CA|US|UTC|mm|English|photo-\d+\.jpg)\b"
)
RAW = re.compile(r"[A-Za-z]{2,}[A-Za-z ,.]*")


def stand_ins(messages: set[str]) -> dict[str, Callable[..., str]]:
    """Return stand-ins for Django's gettext functions, which add the messages to `messages`."""

    def note(text: str, context: str = "") -> str:
        messages.add(f"{context}{CONTEXT_SEPARATOR}{text}" if context else text)
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
    """Collects the text of a page as one string, and each attribute that is shown or read out."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.attributes: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in SILENT:
            self.silent += 1
        if tag == "meta" and values.get("name") == "description":
            self.attributes.append(values.get("content") or "")
        self.attributes += [value for name, value in attrs if name in SPOKEN_ATTRIBUTES and value]
        self.text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in SILENT
        self.text.append(" ")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.text.append(data)


def raw_in(html: str) -> list[str]:
    """Return the words on a page that were not translated."""
    reader = _Reader()
    reader.feed(html)
    return [words for text in ("".join(reader.text), *reader.attributes) for words in raw_text_in(text)]


def raw_text_in(text: str) -> list[str]:
    """Return the words outside of all brackets, without names."""
    outside, depth = [], 0
    for character in text:
        depth += (character == OPEN) - (character == CLOSE)
        outside.append(character if depth == 0 and character != CLOSE else "\n")
    return [words.strip() for words in RAW.findall(NAMES.sub("", "".join(outside)))]


def install(monkeypatch: Any) -> set[str]:
    """Activate the pseudo-language; return the set that collects the messages."""
    messages: set[str] = set()
    for name, function in stand_ins(messages).items():
        monkeypatch.setattr(translation._trans, name, function)  # type: ignore[attr-defined]  # no public name
    return messages
