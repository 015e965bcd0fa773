"""Pages that are not sent again while they have not changed, and say early which picture they begin with.

A page's tag is made of what it is about to show, after the questions and before the rendering, which is most of the
work. It is of one visitor and one browser: their name, their news, their zone, the secret of their forms. A page is
never for a shared cache, not even a signed-out one: it carries a nonce of its own. The Link header lets a browser (or a
CDN that makes Early Hints of it) fetch the first picture before it has read the page.
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
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.utils import get_app_template_dirs
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import get_language

from accounts.profile_card import Person
from accounts.views import is_htmx, viewer
from photos.display.cards import Tile
from photos.views.http import context as frame


class _Unknown(TypeError):
    """Something in a page's context that cannot be told from what it was before."""


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    first: Tile | None = None,
    sizes: str = "",
) -> HttpResponse:
    """Render a page or a fragment, or answer 304 when the browser has it as it is.

    `first` is the picture that a page begins with, in these `sizes` (as its template says them).
    """
    tag = None if settings.DEBUG or len(get_messages(request)) else _tag(request, template, context)
    unchanged = get_conditional_response(request, etag=tag) if tag else None
    response = render(request, template, context) if unchanged is None else unchanged
    if tag:
        response.headers["ETag"] = tag
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Cookie", "HX-Request"])
    if response.status_code == 304:
        # The policy of the page that the browser has names the nonce in it: another one would switch its scripts off.
        response._csp_exempt = True  # type: ignore[attr-defined]  # noqa: SLF001 - how django-csp is told
    elif first is not None and first.is_ready and not is_htmx(request):
        response.headers["Link"] = first.preload(sizes)
    return response


def _tag(request: HttpRequest, template: str, context: dict[str, Any]) -> str | None:
    me = viewer(request)
    shown = [
        _build(),
        template,
        get_language(),
        str(timezone.get_current_timezone()),
        me and (Person.from_user(me), me.is_staff),
        request.COOKIES.get(settings.CSRF_COOKIE_NAME),
        0 if is_htmx(request) else frame.unread_of(request),
        context,
    ]
    try:
        text = json.dumps(shown, default=_as_data)
    except _Unknown:
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
    if isinstance(
        value, Model
    ):  # its own columns: what a template reads beyond them is in the context by itself
        return [value._meta.label, {name: kept for name, kept in vars(value).items() if name != "_state"}]
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    raise _Unknown(type(value).__name__)


@cache
def _build() -> str:
    """Return what a page is made with, beside its context: templates and the names of static files."""
    digest = blake2b(settings.RELEASE.encode(), digest_size=16)
    for folder in get_app_template_dirs("templates"):
        for path in sorted(folder.rglob("*.html")):
            digest.update(path.read_bytes())
    for path in sorted(source for folder in settings.LOCALE_PATHS for source in Path(folder).rglob("*.mo")):
        digest.update(path.read_bytes())
    digest.update(str(getattr(staticfiles_storage, "manifest_hash", "")).encode())
    return digest.hexdigest()
