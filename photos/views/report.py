"""Reporting a person, a photo or a comment to the staff."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.http import require_http_methods

from accounts import rate_limit
from accounts.models import User
from accounts.profile_card import Person
from accounts.requests import SignedInRequest, person_or_404, signed_in
from photos.models.reports import MAX_WORDS, Category
from photos.moderation import reports
from photos.moderation.reports import Subject
from photos.social import comments
from photos.views.http.fields import Lines
from photos.views.http.lookups import comment_or_404, shown_or_404

THANKS = gettext_noop(
    "Thank you. We have your report and will look at it. You can block people on their profile, under “More”."
)
METHODS = ["GET", "POST"]


class ReportForm(forms.Form):
    """A report, as the page sends it."""

    category = forms.ChoiceField(
        choices=Category.choices, error_messages={"required": gettext_lazy("Please choose what is wrong.")}
    )
    words = Lines(max_length=MAX_WORDS, required=False)


@require_http_methods(METHODS)
@signed_in
def report_person(request: SignedInRequest, username: str) -> HttpResponse:
    """Report a person."""
    other = person_or_404(username, request.user)
    return _take(request, reports.about_person(other), other, back=other.get_absolute_url())


@require_http_methods(METHODS)
@signed_in
def report_photo(request: SignedInRequest, pid: str) -> HttpResponse:
    """Report a photo."""
    photo = shown_or_404(request, pid)
    return _take(request, reports.about_photo(photo), _owner(photo.owner_id), back=photo.get_absolute_url())


@require_http_methods(METHODS)
@signed_in
def report_comment(request: SignedInRequest, pid: str, comment_id: int) -> HttpResponse:
    """Report a comment."""
    photo = shown_or_404(request, pid)
    comment = comment_or_404(photo.pk, comment_id)
    back = comments.address(photo, comment_id)
    return _take(request, reports.about_comment(comment), _owner(comment.author_id or 0), back=back)


def _take(request: SignedInRequest, subject: Subject, other: User, *, back: str) -> HttpResponse:
    """Show the form, or take what was written there. Users cannot report themselves: Http404."""
    me = request.user
    if me.pk == subject.owner_id:
        raise Http404
    form = ReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if rate_limit.is_too_fast("report", me.pk):
            messages.error(request, _("You have sent many reports. Please try again in an hour."))
            return redirect(back)
        reports.create(subject, me.pk, **form.cleaned_data)
        messages.success(request, _(THANKS))
        return redirect(back)
    context = {
        "form": form,
        "subject": subject,
        "person": Person.from_user(other),
        "back": back,
        "categories": Category.choices,
        "category": form.data.get("category", ""),
        "words": form.data.get("words", ""),
        "max_words": MAX_WORDS,
    }
    return render(request, "photos/social/report.html", context, status=400 if form.is_bound else 200)


def _owner(user_id: int) -> User:
    owner = User.objects.filter(pk=user_id, is_active=True).first()
    if owner is None:
        raise Http404
    return owner
