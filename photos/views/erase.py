"""Erasing an account: what would be erased, the question, and the receipt."""

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import erasures, rate_limit
from accounts.models import Erasure
from accounts.requests import SignedInRequest, signed_in
from photos.jobs import erasure


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def erase(request: SignedInRequest) -> HttpResponse:
    """Say what erasing the account means; POST does it, if the password is right."""
    errors = _refusals(request) if request.method == "POST" else {}
    if request.method == "POST" and not errors:
        try:
            requested = erasures.request(request.user.pk)
        except erasures.IsStaff:
            errors = {
                "all": _(
                    "Staff accounts cannot be deleted. Ask an administrator to remove your staff role first."
                )
            }
        else:
            logout(request)
            return redirect("erased", requested.reference)
    survey = erasure.survey(request.user.pk, with_sessions=False)
    counts = {what: count for what, count in survey.items() if count and what != "account"}
    context = {"found": counts, "errors": errors, "typed": request.POST.get("username", "")}
    return render(request, "photos/settings/erase.html", context)


@never_cache
@require_safe
def receipt(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what was erased to a visitor who has the receipt's number."""
    context = {"erasure": get_object_or_404(Erasure, reference=reference)}
    return render(request, "photos/settings/erased.html", context)


def _refusals(request: SignedInRequest) -> dict[str, str]:
    """Return {field: sentence} of what keeps the account from being erased."""
    me, errors = request.user, {}
    if rate_limit.is_too_fast("erase", me.pk):
        errors["all"] = _("Too many attempts. Please try again in a minute.")
    elif not me.check_password(request.POST.get("password", "")):
        errors["password"] = _("This password is not correct.")
    if request.POST.get("username", "").strip().lower().removeprefix("@") != me.username:
        errors["username"] = _("Type %(username)s exactly.") % {"username": me.username}
    return errors
