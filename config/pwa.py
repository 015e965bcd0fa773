"""The site as an installed app: manifest, share target, service worker, and the page without a connection."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie

from config import importmap
from photos.imaging.formats import CHOOSABLE

NAME = "Tessera"
PAPER = "#fbf9f5"
SERVICE_WORKER = importmap.FOLDER / "site" / "service-worker.js"


@require_safe
@cache_control(public=True, max_age=3600)
@vary_on_cookie
def manifest(request: HttpRequest) -> HttpResponse:
    """Return the web app manifest: browsers install the site by it and offer it in a phone's share sheet."""
    upload = reverse("upload")
    vector_icons = [
        {"src": static("img/icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any maskable"}
    ]
    bitmap_icons = [
        {
            "src": static(f"img/icon-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    files = [{"name": "photos", "accept": list(CHOOSABLE)}]
    fields = {
        "id": "/",
        "name": NAME,
        "short_name": NAME,
        "description": _("Share photos in full quality and follow people whose pictures you like."),
        "lang": get_language() or settings.LANGUAGE_CODE,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": vector_icons + bitmap_icons,
        "shortcuts": [{"name": _("Upload photos"), "url": upload}],
        # The service worker answers this POST: files that are shared never reach a web pod.
        "share_target": {
            "action": upload,
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": {"files": files},
        },
    }
    return JsonResponse(fields, content_type="application/manifest+json")


@require_safe
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """Return the service worker's script, from the root of the site, so that its scope is the whole site."""
    return HttpResponse(
        SERVICE_WORKER.read_text(encoding="utf-8"), content_type="text/javascript; charset=utf-8"
    )


@require_safe
@cache_control(public=True, max_age=3600)
@vary_on_cookie
def offline(request: HttpRequest) -> HttpResponse:
    """Return the page that the service worker shows in place of one that could not be reached."""
    return render(request, "offline.html")
