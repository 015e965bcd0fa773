"""Pages with an entity tag: a browser that has the page as it is gets 304, and the first picture is named ahead of it.

The tag is a hash of all that a page is made of: its context, its template, the frame's data (the viewer, their unread
notifications, language, time zone), the browser's CSRF secret and the build. It is computed before rendering, which is
most of the work, and after the queries.

So a template may show nothing but its context: a relation that it reads by itself is not in the tag, and the page would
be stale. tests/flows/test_etag.py refuses all queries while such a page is rendered.

No page is for a shared cache, not even a signed-out one: each has a nonce of its own. The Link header lets a browser
(or a CDN that makes Early Hints of it) fetch the first picture before it has read the page.
"""

import json
from datetime import datetime
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import render as render_page
from django.template.utils import get_app_template_dirs
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import get_language

from accounts.profile_card import Person
from accounts.requests import HtmxRequest, viewer
from photos.display.cards import Tile
from photos.views.http import context as frame


class _NotComparable(TypeError):
    """The context holds a value of which it cannot be said whether it has changed."""


def render(
    request: HtmxRequest,
    template: str,
    context: dict[str, Any],
    *,
    first: Tile | None = None,
    sizes: str = "",
) -> HttpResponse:
    """Render a page or a fragment with its tag, or answer 304 when the browser has it as it is.

    `first` is the picture that the page begins with, in these `sizes` (as its template says them). A page that shows a
    message has no tag: it is shown once.
    """
    tag = None if settings.DEBUG or len(get_messages(request)) else _tag(request, template, context)
    unchanged = get_conditional_response(request, etag=tag) if tag else None
    response = render_page(request, template, context) if unchanged is None else unchanged
    if tag:
        response.headers["ETag"] = tag
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Cookie", "HX-Request"])
    if response.status_code == 304:
        # The policy of the page that the browser has names the nonce in it: another one would switch its scripts off.
        response._csp_exempt = True  # type: ignore[attr-defined]  # noqa: SLF001 - how django-csp is told
    elif first is not None and first.is_ready and not request.htmx:
        response.headers["Link"] = first.preload(sizes)
    return response


def _tag(request: HtmxRequest, template: str, context: dict[str, Any]) -> str | None:
    me = viewer(request)
    parts = [
        _build(),
        template,
        get_language(),
        str(timezone.get_current_timezone()),
        me and (Person.from_user(me), me.is_staff),
        request.COOKIES.get(settings.CSRF_COOKIE_NAME),
        0 if request.htmx else frame.unread_count(request),
        context,
    ]
    try:
        text = json.dumps(parts, default=_as_data)
    except _NotComparable:
        return None
    # Weak: two renderings differ in their nonces.
    return f'W/"{blake2b(text.encode(), digest_size=16).hexdigest()}"'


def _as_data(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Promise):
        return str(value)
    if hasattr(value, "__dataclass_fields__"):
        return vars(value)
    if isinstance(value, Model):  # its columns, and no relations: see above
        return [value._meta.label, {name: column for name, column in vars(value).items() if name != "_state"}]
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    raise _NotComparable(type(value).__name__)


@cache
def _build() -> str:
    """Return a digest of what pages are made with: release, templates, translations, names of static files."""
    digest = blake2b(settings.RELEASE.encode(), digest_size=16)
    for folder in get_app_template_dirs("templates"):
        for path in sorted(folder.rglob("*.html")):
            digest.update(path.read_bytes())
    for path in sorted(source for folder in settings.LOCALE_PATHS for source in Path(folder).rglob("*.mo")):
        digest.update(path.read_bytes())
    digest.update(str(getattr(staticfiles_storage, "manifest_hash", "")).encode())
    return digest.hexdigest()
