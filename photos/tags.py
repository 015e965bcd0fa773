"""Tags: the words in a caption that begin with `#`. Found when a caption is written, kept beside it in lower case."""

import re
import unicodedata

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
