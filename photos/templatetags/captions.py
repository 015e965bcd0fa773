"""Template filter `with_tags`: a caption whose tags are links to the photos with that tag."""

import unicodedata

from django import template
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from photos.text.tags import find_tags

register = template.Library()


@register.filter
def with_tags(caption: str) -> SafeString:
    """Return the caption as HTML, each tag a link."""
    parts, end = [], 0
    caption = unicodedata.normalize("NFC", caption)  # as tags are found
    for tag in find_tags(caption):
        parts.append(conditional_escape(caption[end : tag.start]))
        address = reverse("tag", args=[tag.name])
        parts.append(
            format_html('<a class="hashtag" href="{}">{}</a>', address, caption[tag.start : tag.end])
        )
        end = tag.end
    parts.append(conditional_escape(caption[end:]))
    return mark_safe("".join(parts))  # noqa: S308 - each part is escaped above
