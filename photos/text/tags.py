"""Tags: the words of a caption that begin with `#`. They are found when the caption is saved, and stored normalized."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

MAX_TAGS = 30
MAX_LENGTH = 50
# `re` has no class for combining marks (vowels of Hindi, tones of Vietnamese): patterns see each as this character.
_MARK = "\ue000"
_INSIDE = rf"[\w{_MARK}-]"
# A number alone is no tag: "#1" is a count.
_TAG = re.compile(
    rf"(?<![\w{_MARK}#&/])#(?={_INSIDE}*[^\W\d_])(\w{_INSIDE}{{0,{MAX_LENGTH - 1}}})(?!{_INSIDE})"
)
_TAGS_AT_END = re.compile(rf"(?:(?:^|\s+)#{_INSIDE}+)*\s*$")


@dataclass(frozen=True)
class Tag:
    """A tag in a text: its normalized name, and its place from the `#` at `start` up to `end`."""

    start: int
    end: int
    name: str


def normalize(tag: str) -> str:
    """Return a tag as it is stored and searched for: NFC, lower case."""
    # Python lowers a capital İ to an i with a second dot. Readers type a plain i.
    lower = unicodedata.normalize("NFC", tag).lower().replace("i\u0307", "i")
    return unicodedata.normalize("NFC", lower)


def find_tags(text: str) -> Iterator[Tag]:
    """Yield the tags of a text, which must be in NFC, each as often as it occurs."""
    for match in _TAG.finditer(_to_match(text)):
        name = normalize(text[match.start(1) : match.end(1)])
        if _is_normal(name):
            yield Tag(match.start(), match.end(), name)


def tags_in(caption: str) -> list[str]:
    """Return the names of a caption's tags in their order, each once, at most MAX_TAGS."""
    names = (tag.name for tag in find_tags(unicodedata.normalize("NFC", caption)))
    return list(dict.fromkeys(names))[:MAX_TAGS]


def parse_tags(text: str) -> list[str]:
    """Return the tags typed as words, with or without `#`. Raises ValueError if a word is no tag or there is none."""
    words = [word.strip("#") for word in re.split(r"[\s,;]+", text) if word.strip("#")]
    names = [normalize(word) for word in words if tags_in(f"#{word}") == [normalize(word)]]
    if not names or len(names) != len(words):
        raise ValueError(_("A tag is one word of letters, digits and hyphens, such as harbour."))
    return list(dict.fromkeys(names))


def add_tags(caption: str, names: list[str]) -> str:
    """Return a caption with those of these tags added at its end that it does not have."""
    present = tags_in(caption)
    return " ".join([caption, *(f"#{name}" for name in names if name not in present)]).strip()


def remove_tags(caption: str, names: list[str]) -> str:
    """Return a caption without these tags: at its end they are removed, within a sentence only their `#` is."""
    caption = unicodedata.normalize("NFC", caption)
    end = _TAGS_AT_END.search(_to_match(caption))
    begins_at = end.start() if end else len(caption)
    rest, parts = 0, []
    for tag in find_tags(caption):
        if tag.name in names:
            parts += [
                caption[rest : tag.start],
                "" if tag.start >= begins_at else caption[tag.start + 1 : tag.end],
            ]
            rest = tag.end
    return " ".join("".join([*parts, caption[rest:]]).split())


def _is_normal(name: str) -> bool:
    """Return whether a normalized name is still a tag: some letters become several in lower case."""
    match = _TAG.fullmatch(f"#{_to_match(name)}")
    return match is not None and normalize(name) == name


def _to_match(text: str) -> str:
    """Return a text of the same length in which each combining mark is _MARK."""
    return "".join(_MARK if _is_mark(letter) else " " if letter == _MARK else letter for letter in text)


def _is_mark(letter: str) -> bool:
    # Variation selectors choose the look of an emoji; they are no part of a word.
    is_selector = "\ufe00" <= letter <= "\ufe0f"
    return letter > "\u02ff" and not is_selector and unicodedata.category(letter) in {"Mn", "Mc"}
