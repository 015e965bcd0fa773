"""Entering by a share link: the link that an address names, and the cookie of a visitor who was let in."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts.models import User
from accounts.relations import people_cache
from accounts.requests import HtmxRequest
from photos.models import Photo, ShareLink
from photos.sharing import share_links, share_visits

COOKIE = "inside"

P = ParamSpec("P")


@dataclass(frozen=True)
class Entrance:
    """A share link that is not over, with its active owner and the token by which the visitor came."""

    link: ShareLink
    owner: User
    token: str

    @property
    def url(self) -> str:
        """Return the address of what the link leads to."""
        return reverse("shared", args=[self.token])

    def photo_url(self, photo: Photo) -> str:
        """Return the address of a photo behind the link."""
        return reverse("shared-photo", args=[self.token, photo.pid])

    def is_inside(self, request: HttpRequest) -> bool:
        """Return whether the visitor was let in, and counted, before."""
        return _is_inside(request, self.link)

    def is_shut(self, request: HttpRequest) -> bool:
        """Return whether the link has a door which the visitor has not passed."""
        return self.link.has_door and not self.is_inside(request)

    def let_in(self, response: HttpResponse) -> HttpResponse:
        """Set the cookie that shows this link, and only this link, that the visitor was let in."""
        response.set_cookie(
            COOKIE,
            share_visits.sign_pass(self.link),
            path=self.url,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
        return response


def by_link(
    view: Callable[Concatenate[HtmxRequest, Entrance, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Wrap a view of (request, entrance): an unknown token is a 404, a link that is over a 410, and none is indexed."""

    @wraps(view)
    @never_cache
    def answer(request: HtmxRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        link = share_links.find(token)
        if link is None:
            raise Http404
        try:
            share_visits.check_open(link, is_inside=_is_inside(request, link))
            response = view(request, Entrance(link, _owner(link), token), *args, **kwargs)
        except share_visits.Ended as error:
            response = render(request, "photos/shared/over.html", {"reason": error.reason}, status=410)
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        # Not "no-referrer": a browser would then send the password form without an origin, and be refused as forged.
        response["Referrer-Policy"] = "same-origin"
        return response

    return answer


def _is_inside(request: HttpRequest, link: ShareLink) -> bool:
    return share_visits.is_valid_pass(link, request.COOKIES.get(COOKIE, ""))


def _owner(link: ShareLink) -> User:
    owner = people_cache.find_active(link.owner_id)
    if owner is None:
        raise share_visits.Ended("revoked")
    return owner
