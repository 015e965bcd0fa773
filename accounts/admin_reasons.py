"""What the staff does to people is asked for twice, and has a reason that is kept in the log."""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

MAX_LENGTH = 300


def confirmed_reason(request: HttpRequest) -> str:
    """Return the reason that was given for an action of the admin; empty before somebody has been asked."""
    reason = " ".join(request.POST.get("reason", "").split())[:MAX_LENGTH]
    return reason if "is_confirmed" in request.POST else ""


def ask(
    model_admin: "ModelAdmin[Any]", request: HttpRequest, *, title: str, says: str, chosen: dict[int, str]
) -> HttpResponse:
    """Ask back, and for the reason: `chosen` are the rows of the action, {id: what they are}."""
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "says": says,
        "chosen": chosen,
        "action": request.POST.get("action", ""),
        "max_length": MAX_LENGTH,
    }
    return render(request, "admin/reason.html", context)
