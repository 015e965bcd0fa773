"""Tags: the words in a caption that begin with `#`. Found when a caption is written, kept beside it in lower case."""

import re
import unicodedata

from django.utils.translation import gettext as _

MAX_TAGS = 30
MAX_LENGTH = 50
# A number alone is no tag: "#1" counts something.
TAG = re.compile(r"(?<![\w#&/])#(?=[\w-]*[^\W\d_])(\w[\w-]{0,49})(?![\w-])")


def normal(tag: str) -> str:
    """Return a tag as it is stored and looked for."""
    return unicodedata.normalize("NFC", tag).lower()


def tags_in(caption: str) -> list[str]:
    """Return the tags of a caption in their order, each once."""
    found = (normal(match[1]) for match in TAG.finditer(unicodedata.normalize("NFC", caption)))
    return list(dict.fromkeys(tag for tag in found if len(tag) <= MAX_LENGTH))[:MAX_TAGS]


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
    end = re.search(r"(?:(?:^|\s+)#[\w-]+)*\s*$", caption)
    begins_at = end.start() if end else len(caption)

    def plain(match: re.Match[str]) -> str:
        if normal(match[1]) not in unwanted:
            return match[0]
        return "" if match.start() >= begins_at else match[1]

    return " ".join(TAG.sub(plain, caption).split())
