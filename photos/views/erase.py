"""Leaving for good: what would go, the question, and the receipt."""

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import erasures, rate_limit
from accounts.models import Erasure, User
from accounts.views import send_to_sign_in, signed_in, viewer
from photos.jobs import erasure as erasing

TRIES_A_MINUTE = 5


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def erase(request: HttpRequest) -> HttpResponse:
    """Say what erasing an account means, and do it for whoever gives the password."""
    me = viewer(request)
    if me is None:
        return send_to_sign_in(request)
    errors = refusals(request, me) if request.method == "POST" else {}
    if request.method == "POST" and not errors:
        try:
            erasure = erasures.request(me.pk)
        except erasures.IsStaff:
            errors = {"all": _("You work here: have your rights taken away first, then come back.")}
        else:
            logout(request)
            return redirect("erased", erasure.reference)
    survey = erasing.survey(me.pk, with_sessions=False)
    found = {what: count for what, count in survey.items() if count and what != "account"}
    context = {"found": found, "errors": errors, "typed": request.POST.get("username", "")}
    return render(request, "photos/settings/erase.html", context)


@never_cache
@require_safe
def receipt(request: HttpRequest, reference: str) -> HttpResponse:
    """What was erased, for whoever has the receipt's number."""
    erasure = get_object_or_404(Erasure, reference=reference)
    return render(request, "photos/settings/erased.html", {"erasure": erasure})


def refusals(request: HttpRequest, me: User) -> dict[str, str]:
    """Return {field: sentence} of what keeps the account from being erased."""
    errors = {}
    if rate_limit.is_too_fast("erase", me.pk, limit=TRIES_A_MINUTE):
        errors["all"] = _("That was too often. Please wait a minute.")
    elif not me.check_password(request.POST.get("password", "")):
        errors["password"] = _("This is not your password.")
    if request.POST.get("username", "").strip().lower().removeprefix("@") != me.username:
        errors["username"] = _("Type %(username)s, exactly so.") % {"username": me.username}
    return errors
