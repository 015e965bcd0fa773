"""Following, blocking and finding people; the language to read in. Signing in and out is allauth's."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import languages, rate_limit
from accounts.models import Avoidance, User
from accounts.profile_card import Person
from accounts.relations import blocking, blocks_cache, follows, people_cache
from accounts.requests import SignedInRequest, person_or_404, signed_in


@require_POST
@signed_in
def follow(request: SignedInRequest, username: str) -> HttpResponse:
    """Follow a person (`following=1`) or unfollow them (`following=0`)."""
    other = person_or_404(username, request.user)
    if request.user.pk == other.pk:
        return HttpResponse(_("You cannot follow yourself."), status=400, content_type="text/plain")
    if rate_limit.is_too_fast("follow", request.user.pk):
        if request.htmx:
            return HttpResponse(_("Please try again in a moment."), status=429, content_type="text/plain")
        messages.error(request, _("Too many requests. Please try again in a minute."))
        return redirect(other.get_absolute_url())
    is_following, refusal = request.POST.get("following") == "1", ""
    try:
        if is_following:
            follows.follow(request.user, other)
        else:
            follows.unfollow(request.user, other)
    except follows.Blocked:
        return HttpResponse(_("You have blocked this person."), status=409, content_type="text/plain")
    except follows.TooMany:
        is_following = False
        sentence = _("You can follow up to %(most)s people. Unfollow someone first.")
        refusal = sentence % {"most": f"{people_cache.FOLLOWED_UP_TO:,}"}
    if request.htmx:
        context = {"person": Person.from_user(other), "is_following": is_following, "refusal": refusal}
        return render(request, "people/follow_button.html", context)
    if refusal:
        messages.error(request, refusal)
    return redirect(other.get_absolute_url())


@require_safe
@signed_in
def people(request: SignedInRequest) -> HttpResponse:
    """Suggest people to follow."""
    suggested = people_cache.suggested_to(request.user, limit=60)
    return render(request, "people/people.html", {"people": [Person.from_user(user) for user in suggested]})


@require_POST
@signed_in
def avoid(request: SignedInRequest, username: str) -> HttpResponse:
    """Block or mute (`kind`) a person (`avoided=1`), or stop doing so (`avoided=0`)."""
    me, kind = request.user, request.POST.get("kind", "")
    # No `person_or_404`: a person who has blocked the viewer can be blocked, too.
    other = get_object_or_404(User, username=username.lower(), is_active=True)
    if me.pk == other.pk or kind not in Avoidance.Kind.values:
        raise Http404
    is_begun = request.POST.get("avoided") == "1"
    if is_begun:
        blocking.begin(me, other, kind)
    else:
        blocking.end(me, other, kind)
    messages.success(request, _(AVOIDED[kind, is_begun]).format(name=other.display_name()))
    is_from_list = request.POST.get("from") == "list" or other.pk in blocks_cache.for_user(me).blocked_by
    return redirect("avoided" if is_from_list else other.get_absolute_url())


@require_safe
@signed_in
def avoided(request: SignedInRequest) -> HttpResponse:
    """List the people blocked or muted by the viewer."""
    chosen = blocking.people_by_kind(request.user)
    lists = [
        (kind.value, [Person.from_user(user) for user in chosen.get(kind.value, [])])
        for kind in Avoidance.Kind
    ]
    return render(request, "people/avoided.html", {"lists": lists})


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def language(request: SignedInRequest) -> HttpResponse:
    """Show the language that the viewer reads; POST takes another (`language`, "" for the browser's)."""
    if request.method != "POST":
        context = {"chosen": request.user.language, "languages": settings.LANGUAGES}
        return render(request, "people/language.html", context)
    try:
        languages.choose(request.user, request.POST.get("language", ""))
    except ValueError as error:
        raise Http404 from error
    response = redirect("language")
    languages.set_cookie(response, request.user.language)
    return response


AVOIDED = {
    ("block", True): gettext_noop(
        "You have blocked {name}. You no longer see each other; they are not told."
    ),
    ("block", False): gettext_noop("{name} is no longer blocked. You do not follow each other."),
    ("mute", True): gettext_noop(
        "You have muted {name}. Their photos no longer appear on your home page; they are not told."
    ),
    ("mute", False): gettext_noop("{name} is no longer muted."),
}
