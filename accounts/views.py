"""Following and finding people. Signing in and out is allauth's."""

import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import get_adapter
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts import follows
from accounts.models import User
from accounts.people import Person

View = Callable[..., HttpResponse]


def person_or_404(username: str) -> User:
    """Return the active person of that name, or raise Http404."""
    return get_object_or_404(User, username=username.lower(), is_active=True)


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
    here = urlsplit(shown).path or "/"
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
    me, other = viewer(request), person_or_404(username)
    if me is None or me.pk == other.pk:
        return HttpResponse("You cannot follow yourself.", status=400, content_type="text/plain")
    is_following = request.POST.get("following") == "1"
    (follows.follow if is_following else follows.unfollow)(me, other)
    if is_htmx(request):
        context = {"person": Person.of(other), "is_following": is_following}
        return render(request, "photos/follow_button.html", context)
    return redirect(other.get_absolute_url())


@require_safe
@signed_in
def people(request: HttpRequest) -> HttpResponse:
    """People to follow."""
    me = viewer(request)
    suggested = User.objects.suggested_to(me, limit=60) if me else []
    return render(request, "photos/people.html", {"people": [Person.of(user) for user in suggested]})
