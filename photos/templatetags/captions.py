"""Template filter `with_tags`: a caption whose tags lead to others' photos."""

from urllib.parse import quote

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from photos.tags import TAG, normal

register = template.Library()


@register.filter
def with_tags(caption: str) -> SafeString:
    """Return the caption as HTML, each tag a link."""
    parts, end = [], 0
    for match in TAG.finditer(caption):
        parts.append(conditional_escape(caption[end : match.start()]))
        address = f"/tags/{quote(normal(match[1]))}/"
        parts.append(format_html('<a class="hashtag" href="{}">#{}</a>', address, match[1]))
        end = match.end()
    parts.append(conditional_escape(caption[end:]))
    return mark_safe("".join(parts))  # noqa: S308 - each part is escaped above
