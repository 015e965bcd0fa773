"""Following and finding people. Signing in and out is allauth's."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts import follows
from accounts.models import User
from accounts.people import Person


def person_or_404(username: str) -> User:
    """Return the active person of that name, or raise Http404."""
    return get_object_or_404(User, username=username.lower(), is_active=True)


def viewer(request: HttpRequest) -> User | None:
    """Return the signed-in person of a request, or None."""
    return request.user if isinstance(request.user, User) else None


@require_POST
@login_required
def follow(request: HttpRequest, username: str) -> HttpResponse:
    """Follow (`following=1`) or unfollow (`following=0`) somebody."""
    me, other = viewer(request), person_or_404(username)
    if me is None or me.pk == other.pk:
        return HttpResponse("You cannot follow yourself.", status=400, content_type="text/plain")
    is_following = request.POST.get("following") == "1"
    (follows.follow if is_following else follows.unfollow)(me, other)
    if request.headers.get("HX-Request"):
        context = {"person": Person.of(other), "is_following": is_following}
        return render(request, "photos/follow_button.html", context)
    return redirect(other.get_absolute_url())


@require_GET
@login_required
def people(request: HttpRequest) -> HttpResponse:
    """People to follow."""
    me = viewer(request)
    suggested = User.objects.suggested_to(me, limit=60) if me else []
    return render(request, "photos/people.html", {"people": [Person.of(user) for user in suggested]})
