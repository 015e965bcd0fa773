"""`@ana` in what somebody writes: who is meant, and a link to them. Pure."""

import re

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

MAX_MENTIONS = 10
# As usernames are, but a dot at the end is the sentence's; and no mail address.
_MENTION = re.compile(r"(?<![\w@/.])@([A-Za-z0-9](?:[A-Za-z0-9_.]{0,28}[A-Za-z0-9_])?)(?![\w@]|\.\w)")


def names(text: str) -> list[str]:
    """Return the usernames that a text mentions, in lower case, each once, the first few only."""
    found = dict.fromkeys(match[1].lower() for match in _MENTION.finditer(text))
    return list(found)[:MAX_MENTIONS]


def linked(text: str) -> SafeString:
    """Return a text as HTML, its mentions being links to profiles."""

    def link(match: "re.Match[str]") -> str:
        return f'<a href="/@{match[1].lower()}/">{match[0]}</a>'

    # Nothing that escaping writes can look like a mention, nor does a mention hold what would be escaped.
    return mark_safe(_MENTION.sub(link, conditional_escape(text)))  # noqa: S308 - escaped just now
