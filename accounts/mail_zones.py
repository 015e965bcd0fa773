"""The time zone of mails to a user: mails have no cookie, so the zone of the last sign-in is saved with the user."""

import zoneinfo

from django.conf import settings
from django.utils import timezone

from accounts import languages, zones
from accounts.models import User

HOME = {"ko": "Asia/Seoul"}  # of readers whose zone is unknown, by their language


def for_user(user: User | None) -> zoneinfo.ZoneInfo:
    """Return the zone of a mail to `user`: of their last sign-in, else of this request, else of their language."""
    saved = zones.find(user.browser_zone) if user else None
    current = timezone.get_current_timezone()
    if saved is None and zones.is_known() and isinstance(current, zoneinfo.ZoneInfo):
        return current
    return saved or zoneinfo.ZoneInfo(HOME.get(languages.for_user(user), settings.TIME_ZONE))


def save_at_sign_in(user: User) -> None:
    """Save the zone of this request with the user if it came from their browser."""
    name = timezone.get_current_timezone_name()
    if zones.is_known() and user.browser_zone != name:
        user.browser_zone = name
        user.save(update_fields=["browser_zone"])
