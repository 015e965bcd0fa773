"""The template tag `{% as_shown name=value … %}`: what a form showed (photos/views/http/meanwhile.py)."""

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from photos.text.fingerprint import fingerprint

register = template.Library()


@register.simple_tag
def as_shown(**values: object) -> SafeString:
    """Return hidden fields with a fingerprint of each value that the form shows."""
    rows = ((name, fingerprint(str(value or ""))) for name, value in values.items())
    return format_html_join("", '<input type="hidden" name="shown-{}" value="{}">', rows)
