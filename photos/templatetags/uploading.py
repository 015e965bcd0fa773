"""Template tags of the upload page: what its script needs, as attributes of its element; the formats, by name."""

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from photos.imaging.dimensions import MAX_PIXELS
from photos.imaging.format_table import TAKEN
from photos.imaging.formats import CHOOSABLE
from photos.pipeline import multipart

ACCEPT = ",".join(CHOOSABLE)
register = template.Library()


@register.simple_tag(takes_context=True)
def upload_attributes(context: template.Context) -> SafeString:
    """Return the owner's id, the limits of files, and the addresses of the protocol (photos/views/api.py)."""
    attributes = {
        "owner": context["request"].user.pk or "",
        "accept": ACCEPT,
        "max-bytes": settings.UPLOAD_MAX_BYTES,
        "max-files": settings.UPLOAD_MAX_FILES,
        "max-megapixels": MAX_PIXELS // 1_000_000,
        "whole-up-to-bytes": multipart.WHOLE_UP_TO_BYTES,
        "part-bytes": multipart.PART_BYTES,
        "formats-url": f"{reverse('upload-formats')}?language={get_language()}",  # a browser keeps each apart
        "begin-url": reverse("upload-begin"),
        "finish-url": reverse("upload-finish"),
        "parts-url": reverse("upload-parts"),
        "cancel-url": reverse("upload-cancel"),
    }
    return format_html_join(" ", '{}="{}"', attributes.items())


@register.simple_tag
def photo_formats() -> str:
    """Return the names of the formats that can be uploaded: "JPEG, PNG, …"."""
    return ", ".join(taken.name for taken in TAKEN.values())
