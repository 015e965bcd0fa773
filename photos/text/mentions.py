"""Mentions such as `@ana` in a comment: their usernames, and the text with links to profiles. Pure."""

import re

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

MAX_MENTIONS = 10
# Usernames may end with a dot, but here a last dot ends the sentence. An e-mail address is no mention.
_MENTION = re.compile(r"(?<![\w@/.])@([A-Za-z0-9](?:[A-Za-z0-9_.]{0,28}[A-Za-z0-9_])?)(?![\w@]|\.\w)")


def usernames(text: str) -> list[str]:
    """Return the usernames that a text mentions, in lower case, each once, at most MAX_MENTIONS."""
    unique = dict.fromkeys(match[1].lower() for match in _MENTION.finditer(text))
    return list(unique)[:MAX_MENTIONS]


def to_html(text: str) -> SafeString:
    """Return a text as escaped HTML in which mentions are links to profiles."""

    def link(match: "re.Match[str]") -> str:
        return f'<a href="/@{match[1].lower()}/">{match[0]}</a>'

    # Escaping can neither make a mention nor change one: neither has characters of the other.
    return mark_safe(_MENTION.sub(link, conditional_escape(text)))  # noqa: S308 - escaped just now
