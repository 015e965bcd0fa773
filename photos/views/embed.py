"""What other sites ask for: the oEmbed answer about a photo, and the page with the photo for their frames."""

from collections.abc import Callable
from typing import cast

from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from photos.sharing import embeds
from photos.views.http.parameters import find_number, parsed_pid

View = Callable[..., HttpResponse]

for_a_while = cache_control(public=True, max_age=embeds.CACHED_SECONDS)
# django-csp's type is for views of a request alone.
in_any_frame = cast("Callable[[View], View]", csp_replace({"frame-ancestors": ["*"]}))


@require_safe
@for_a_while
def oembed(request: HttpRequest) -> HttpResponse:
    """Answer how to show the photo whose page is `url`; 404 for any address that is not a public photo of this site."""
    if request.GET.get("format", "json") != "json":
        return HttpResponse(_("Only JSON is accepted here."), status=501, content_type="text/plain")
    card = embeds.find_card_by_url(request.GET.get("url", ""))
    if card is None:
        raise Http404
    answer = embeds.oembed(
        card, max_width=_pixels(request, "maxwidth"), max_height=_pixels(request, "maxheight")
    )
    return JsonResponse(answer, headers={"Access-Control-Allow-Origin": "*"})


@require_safe
@for_a_while
@xframe_options_exempt
@in_any_frame
def embed(request: HttpRequest, pid: str) -> HttpResponse:
    """Show one public photo for the frames of other sites, in which no other page may stand."""
    card = embeds.find_card(parsed_pid(pid))
    if card is None:
        raise Http404
    return render(request, "photos/sharing/embed.html", {"photo": card, "owner": card.owner})


def _pixels(request: HttpRequest, name: str) -> int | None:
    return find_number(request.GET.get(name, ""), max_digits=5) or None
