"""Tags: the words in a caption that begin with `#`. Found when a caption is written, kept beside it in lower case."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

MAX_TAGS = 30
MAX_LENGTH = 50
# Patterns see marks (the vowels of Hindi, the tones of Vietnamese) as this, for `re` knows no class of them.
_MARK = "\ue000"
_INSIDE = rf"[\w{_MARK}-]"
# A number alone is no tag: "#1" counts something.
_TAG = re.compile(
    rf"(?<![\w{_MARK}#&/])#(?={_INSIDE}*[^\W\d_])(\w{_INSIDE}{{0,{MAX_LENGTH - 1}}})(?!{_INSIDE})"
)
_TAGS_AT_END = re.compile(rf"(?:(?:^|\s+)#{_INSIDE}+)*\s*$")


@dataclass(frozen=True)
class Tag:
    """A tag in a text, as it is stored and looked for: from its `#` at `start` up to `end`."""

    start: int
    end: int
    name: str


def normal(tag: str) -> str:
    """Return a tag as it is stored and looked for."""
    # A capital İ is an i with a second dot in lower case; whoever writes it means the i that others type.
    lower = unicodedata.normalize("NFC", tag).lower().replace("i\u0307", "i")
    return unicodedata.normalize("NFC", lower)


def find(text: str) -> Iterator[Tag]:
    """Return the tags of a text (in NFC), each as often as it is there."""
    for match in _TAG.finditer(_to_match(text)):
        name = normal(text[match.start(1) : match.end(1)])
        if _is_normal(name):
            yield Tag(match.start(), match.end(), name)


def tags_in(caption: str) -> list[str]:
    """Return the tags of a caption in their order, each once."""
    found = (tag.name for tag in find(unicodedata.normalize("NFC", caption)))
    return list(dict.fromkeys(found))[:MAX_TAGS]


def named(text: str) -> list[str]:
    """Return the tags that somebody names, with or without `#`. Raises ValueError for what is no tag."""
    words = [word.strip("#") for word in re.split(r"[\s,;]+", text) if word.strip("#")]
    found = [normal(word) for word in words if tags_in(f"#{word}") == [normal(word)]]
    if not found or len(found) != len(words):
        raise ValueError(_("A tag is one word of letters, digits and hyphens, such as harbour."))
    return list(dict.fromkeys(found))


def added(caption: str, wanted: list[str]) -> str:
    """Return a caption with these tags at its end, unless it has them."""
    there = tags_in(caption)
    return " ".join([caption, *(f"#{tag}" for tag in wanted if tag not in there)]).strip()


def taken_out(caption: str, unwanted: list[str]) -> str:
    """Return a caption without these tags: those at its end are gone, in a sentence the words stay."""
    caption = unicodedata.normalize("NFC", caption)
    end = _TAGS_AT_END.search(_to_match(caption))
    begins_at = end.start() if end else len(caption)
    rest, parts = 0, []
    for tag in find(caption):
        if tag.name in unwanted:
            parts += [
                caption[rest : tag.start],
                "" if tag.start >= begins_at else caption[tag.start + 1 : tag.end],
            ]
            rest = tag.end
    return " ".join("".join([*parts, caption[rest:]]).split())


def _is_normal(name: str) -> bool:
    """Return whether a tag that was made normal is one: some letters grow in lower case, or fall apart."""
    match = _TAG.fullmatch(f"#{_to_match(name)}")
    return match is not None and normal(name) == name


def _to_match(text: str) -> str:
    """Return a text of the same length in which marks can be told."""
    return "".join(_MARK if _is_mark(letter) else " " if letter == _MARK else letter for letter in text)


def _is_mark(letter: str) -> bool:
    # What chooses the look of an emoji is no part of a word.
    is_selector = "\ufe00" <= letter <= "\ufe0f"
    return letter > "\u02ff" and not is_selector and unicodedata.category(letter) in {"Mn", "Mc"}
