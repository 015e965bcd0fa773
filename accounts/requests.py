"""What views ask of a request: whether htmx sent it, who is signed in, which network it comes from."""

import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeGuard
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import get_adapter
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from accounts.relations import blocks_cache

P = ParamSpec("P")


class HtmxRequest(HttpRequest):
    """A request as views get it, for type checkers: `htmx` is true when a fragment is asked for."""

    htmx: HtmxDetails


class SignedInRequest(HtmxRequest):
    """The request of a signed-in user, for type checkers."""

    user: User


def is_signed_in(request: HttpRequest) -> TypeGuard[SignedInRequest]:
    """Return whether a user is signed in. The first call of a request reads the user's row."""
    return isinstance(request.user, User)


def viewer(request: HttpRequest) -> User | None:
    """Return the signed-in user, or None."""
    return request.user if is_signed_in(request) else None


def signed_in(
    view: Callable[Concatenate[SignedInRequest, P], HttpResponse],
) -> Callable[Concatenate[HtmxRequest, P], HttpResponse]:
    """Wrap a view for users: visitors are sent to sign in and come back."""

    @wraps(view)
    def inner(request: HtmxRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return view(request, *args, **kwargs) if is_signed_in(request) else send_to_sign_in(request)

    return inner


def send_to_sign_in(request: HtmxRequest) -> HttpResponse:
    """Return a redirect to the sign-in page, which leads back.

    htmx follows a redirect by itself and would put the page into a fragment's place, so htmx gets a header that makes
    the browser go there.
    """
    if request.method in {"GET", "HEAD"} and not request.htmx:
        return redirect_to_login(request.get_full_path())
    page = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "/"
    try:
        path = urlsplit(page).path or "/"
    except ValueError:  # such as http://[
        path = "/"
    if not request.htmx:
        return redirect_to_login(path)
    address = f"{reverse('account_login')}?{urlencode({'next': path})}"
    return HttpResponse(status=204, headers={"HX-Redirect": address})


def network(request: HttpRequest) -> str:
    """Return the network whose attempts are counted together.

    One address of IPv4; of IPv6 the network of 64 bits, which is what one customer gets.
    """
    address = ipaddress.ip_address(get_adapter().get_client_ip(request))
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))


def person_or_404(username: str, viewer: User | None = None) -> User:
    """Return the active user of that name. Raises Http404, also for a viewer blocked by that user."""
    person: User = get_object_or_404(User, username=username.lower(), is_active=True)
    if viewer is not None and person.pk in blocks_cache.for_user(viewer).blocked_by:
        raise Http404
    return person
