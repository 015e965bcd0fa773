"""The confirmation page of the admin's actions on people: it asks for a reason, which the caller logs."""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

MAX_LENGTH = 300


def confirmed_reason(request: HttpRequest) -> str:
    """Return the reason from the confirmation page; "" when the page has not been shown yet or has no reason."""
    reason = " ".join(request.POST.get("reason", "").split())[:MAX_LENGTH]
    return reason if "is_confirmed" in request.POST else ""


def ask(
    model_admin: "ModelAdmin[Any]", request: HttpRequest, *, title: str, says: str, chosen: dict[int, str]
) -> HttpResponse:
    """Return the confirmation page; `chosen` are the rows of the action, {id: a line about it}."""
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "says": says,
        "chosen": chosen,
        "action": request.POST.get("action", ""),
        "max_length": MAX_LENGTH,
    }
    return render(request, "admin/reason.html", context)
