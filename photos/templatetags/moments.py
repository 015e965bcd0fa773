"""Template filter `moment`: a date with its time, in the reader's time zone."""

from datetime import datetime
from typing import Literal

from django import template
from django.utils.formats import date_format

from accounts import zones

register = template.Library()


@register.filter(expects_localtime=True)
def moment(value: datetime | Literal[""] | None) -> str:
    """Return date and time in the reader's time zone; while that is not known, with the name of the zone used.

    Like Django's own filters, it returns an empty text for a missing value.
    """
    if not value:
        return ""
    text = date_format(value, "DATETIME_FORMAT")
    return text if zones.is_known() else f"{text} {value.tzname()}"
