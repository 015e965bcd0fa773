"""Moments with their hour, as pages say them."""

from datetime import datetime
from typing import Literal

from django import template
from django.utils.formats import date_format

from accounts import zones

register = template.Library()


@register.filter(expects_localtime=True)
def moment(value: datetime | Literal[""] | None) -> str:
    """Return day and hour as the reader's clock has them; while nobody knows that clock, with the name of the zone.

    As Django's own filters do, it says nothing of what is not there.
    """
    if not value:
        return ""
    said = date_format(value, "DATETIME_FORMAT")
    return said if zones.is_known() else f"{said} {value.tzname()}"
