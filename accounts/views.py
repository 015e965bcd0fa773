"""Following and finding people. Signing in and out is allauth's."""

import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import blocking, blocks_cache, follows, languages, people_cache, rate_limit
from accounts.models import Avoidance, User
from accounts.profile_card import Person

View = Callable[..., HttpResponse]
FOLLOWS_A_MINUTE = 60


def person_or_404(username: str, viewer: User | None = None) -> User:
    """Return the active person of that name, or raise Http404: also for a viewer whom they have blocked."""
    person: User = get_object_or_404(User, username=username.lower(), is_active=True)
    if viewer is not None and person.pk in blocks_cache.for_user(viewer).blocked_by:
        raise Http404
    return person


def signed_in(view: View) -> View:
    """Wrap a view for members: others are sent to sign in and come back."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return send_to_sign_in(request) if viewer(request) is None else view(request, *args, **kwargs)

    return inner


def send_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Answer with the way to the sign-in page and back.

    htmx would follow a redirect by itself and put the whole page into a fragment's place; a header makes the page go.
    """
    if request.method in {"GET", "HEAD"} and not is_htmx(request):
        return redirect_to_login(request.get_full_path())
    shown = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "/"
    try:
        here = urlsplit(shown).path or "/"
    except ValueError:  # such as http://[
        here = "/"
    if not is_htmx(request):
        return redirect_to_login(here)
    address = f"{reverse('account_login')}?{urlencode({'next': here})}"
    return HttpResponse(status=204, headers={"HX-Redirect": address})


def is_htmx(request: HttpRequest) -> bool:
    """Return whether a fragment is asked for rather than a page."""
    return request.headers.get("HX-Request") == "true"


def viewer(request: HttpRequest) -> User | None:
    """Return the signed-in person of a request, or None."""
    return request.user if isinstance(request.user, User) else None


def network_of(request: HttpRequest) -> str:
    """Return whose attempts are counted together: an address, of IPv6 the network of 64 bits that one customer gets."""
    address = ipaddress.ip_address(get_adapter().get_client_ip(request))
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))


@require_POST
@signed_in
def follow(request: HttpRequest, username: str) -> HttpResponse:
    """Follow (`following=1`) or unfollow (`following=0`) somebody."""
    me = viewer(request)
    other = person_or_404(username, me)
    if me is None or me.pk == other.pk:
        return HttpResponse(_("You cannot follow yourself."), status=400, content_type="text/plain")
    is_following, refusal = request.POST.get("following") == "1", ""
    if rate_limit.is_too_fast("follow", me.pk, limit=FOLLOWS_A_MINUTE):
        if is_htmx(request):
            return HttpResponse(_("Slow down, please."), status=429, content_type="text/plain")
        messages.error(request, _("That was a lot at once. Please wait a minute."))
        return redirect(other.get_absolute_url())
    try:
        (follows.follow if is_following else follows.unfollow)(me, other)
    except follows.Blocked:
        return HttpResponse(_("You have blocked them."), status=409, content_type="text/plain")
    except follows.TooMany:
        is_following = False
        says = _(
            "You follow %(most)s people already, and there is no room for more. Stop following somebody first."
        )
        refusal = says % {"most": f"{people_cache.FOLLOWED_UP_TO:,}"}
    if is_htmx(request):
        context = {"person": Person.from_user(other), "is_following": is_following, "refusal": refusal}
        return render(request, "people/follow_button.html", context)
    if refusal:
        messages.error(request, refusal)
    return redirect(other.get_absolute_url())


@require_safe
@signed_in
def people(request: HttpRequest) -> HttpResponse:
    """People to follow."""
    me = viewer(request)
    suggested = people_cache.suggested_to(me, limit=60) if me else []
    return render(request, "people/people.html", {"people": [Person.from_user(user) for user in suggested]})


@require_POST
@signed_in
def avoid(request: HttpRequest, username: str) -> HttpResponse:
    """Block or mute (`kind`) somebody (`avoided=1`), or do so no longer (`avoided=0`)."""
    me, kind = viewer(request), request.POST.get("kind", "")
    other = get_object_or_404(User, username=username.lower(), is_active=True)  # also who has blocked me
    if me is None or me.pk == other.pk or kind not in Avoidance.Kind.values:
        raise Http404
    is_begun = request.POST.get("avoided") == "1"
    (blocking.begin if is_begun else blocking.end)(me, other, kind)
    messages.success(request, _(AVOIDED[kind, is_begun]).format(name=other.display_name()))
    is_from_list = request.POST.get("from") == "list" or other.pk in blocks_cache.for_user(me).blocked_by
    return redirect("avoided" if is_from_list else other.get_absolute_url())


@require_safe
@signed_in
def avoided(request: HttpRequest) -> HttpResponse:
    """Whom one has blocked and muted."""
    me = viewer(request)
    chosen = blocking.people_by_kind(me) if me else {}
    lists = [
        (kind.value, [Person.from_user(user) for user in chosen.get(kind.value, [])])
        for kind in Avoidance.Kind
    ]
    return render(request, "people/avoided.html", {"lists": lists})


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def language(request: HttpRequest) -> HttpResponse:
    """The language in which one reads; POST takes another (`language`, "" for as the browser says)."""
    me = viewer(request)
    if me is None or request.method != "POST":
        context = {"chosen": me.language if me else "", "languages": settings.LANGUAGES}
        return render(request, "people/language.html", context)
    try:
        languages.choose(me, request.POST.get("language", ""))
    except ValueError as error:
        raise Http404 from error
    response = redirect("language")
    languages.set_cookie(response, me.language)
    return response


AVOIDED = {
    ("block", True): gettext_noop(
        "You have blocked {name}. You do not see each other any more; they are not told."
    ),
    ("block", False): gettext_noop("{name} is not blocked any more. You do not follow each other."),
    ("mute", True): gettext_noop(
        "You have muted {name}. Their photos leave your home page; they are not told."
    ),
    ("mute", False): gettext_noop("{name} is not muted any more."),
}
