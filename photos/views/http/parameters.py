"""What addresses and forms say: ids, ticked photos, a month, sizes. What cannot be read is a 404."""

from django.http import Http404, HttpRequest

from photos.library import months
from sharding.rows import ids


def parsed_pid(pid: str) -> int:
    """Return the id that an address names in its short form. Raises Http404."""
    try:
        return ids.decode(pid)
    except ids.InvalidId as error:
        raise Http404 from error


def parsed_id(text: str) -> int:
    """Return the id that a form or an address gives as a number. Raises Http404."""
    found = find_id(text)
    if found is None:
        raise Http404
    return found


def find_id(text: str) -> int | None:
    """Return the id that a text gives as a number; None when it is no id."""
    number = find_number(text, max_digits=ids.MAX_DIGITS)
    return number if number is not None and number <= ids.MAX_ID else None


def find_number(text: str, *, max_digits: int) -> int | None:
    """Return the number (0 or more) of at most so many ASCII digits; None when the text is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= max_digits else None


def ticked_ids(request: HttpRequest) -> list[int]:
    """Return the ids of the photos that were ticked; a script sends them all in one field. Raises Http404."""
    pids = [pid for field in request.POST.getlist("photo") for pid in field.split(",") if pid]
    return [parsed_pid(pid) for pid in pids]


def month_asked_for(request: HttpRequest) -> months.Month | None:
    """Return the month (`month`) that the page is to begin with. Raises Http404."""
    try:
        return months.parse(request.GET["month"]) if "month" in request.GET else None
    except months.NoMonth as error:
        raise Http404 from error
