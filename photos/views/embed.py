"""What other sites ask for: the oEmbed answer about a photo, and the photo in a frame."""

from collections.abc import Callable
from typing import cast

from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from accounts.views import View
from photos.sharing import embeds
from photos.views.pages import parsed_pid

for_a_while = cache_control(public=True, max_age=embeds.CACHED_SECONDS)
in_any_frame = cast(
    "Callable[[View], View]", csp_replace({"frame-ancestors": ["*"]})
)  # typed for views without more


@require_safe
@for_a_while
def oembed(request: HttpRequest) -> HttpResponse:
    """Tell how to show the photo whose page is `url`; 404 for all that is not a public photo of ours."""
    if request.GET.get("format", "json") != "json":
        return HttpResponse(_("Only JSON is spoken here."), status=501, content_type="text/plain")
    card = embeds.find_by_url(request.GET.get("url", ""))
    if card is None:
        raise Http404
    answer = embeds.oembed(
        card, max_width=pixels(request, "maxwidth"), max_height=pixels(request, "maxheight")
    )
    return JsonResponse(answer, headers={"Access-Control-Allow-Origin": "*"})


@require_safe
@for_a_while
@xframe_options_exempt
@in_any_frame
def embed(request: HttpRequest, pid: str) -> HttpResponse:
    """One public photo, for the frames of other sites: the only page of ours that may stand in one."""
    card = embeds.find(parsed_pid(pid))
    if card is None:
        raise Http404
    return render(request, "photos/sharing/embed.html", {"photo": card, "owner": card.owner})


def pixels(request: HttpRequest, name: str) -> int | None:
    """Return a size that was asked for, if it is one."""
    given = request.GET.get(name, "")
    return int(given) or None if given.isascii() and given.isdecimal() and len(given) < 6 else None
