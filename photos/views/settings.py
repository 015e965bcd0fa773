"""What a person wants for all of their photos."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.views import signed_in, viewer
from photos import levels, preferences
from photos.credit import one_line
from photos.licences import LICENCES, NONE_WRITTEN
from photos.models import Location, Preferences, Visibility
from sharding import causal

LOCATIONS = (
    (Location.NONE, "Where a photo was taken is not read from it at all."),
    (Location.AREA, "Rounded to about ten kilometres; nothing more exact is kept."),
    (Location.EXACT, "To the metre. Think of your home, and of those in the picture."),
)


class PhotoSettings(forms.Form):
    """Who sees new photos, author, licence and places, as the page sends them."""

    author = forms.CharField(max_length=Preferences.AUTHOR_LENGTH, required=False)
    licence = forms.ChoiceField(choices=[(code, code) for code in ("", *LICENCES)], required=False)
    location = forms.ChoiceField(choices=Location.choices, required=False)
    visibility = forms.ChoiceField(choices=Visibility.choices)

    def clean_author(self) -> str:
        """Return the name as files can carry it: one line, nothing invisible."""
        return one_line(self.cleaned_data["author"])


@require_http_methods(["GET", "POST"])
@signed_in
def photos(request: HttpRequest) -> HttpResponse:
    """Show what the viewer wants for their photos, or take what they want now."""
    me = viewer(request)
    if me is None:
        raise Http404
    form = PhotoSettings(request.POST or None)
    if request.method == "POST" and form.is_valid():
        is_new = preferences.change(me.pk, **form.cleaned_data)
        messages.success(request, SAVED_CREDIT if is_new else SAVED)
        return redirect("photo-settings")
    with causal.pin():
        wanted = preferences.of(me.pk)
    chosen = form.data if form.is_bound else {name: getattr(wanted, name) for name in form.fields}
    context = {
        "form": form,
        "author": chosen.get("author", ""),
        "licence": chosen.get("licence", ""),
        "location": chosen.get("location", ""),
        "visibility": chosen.get("visibility", ""),
        "levels": levels.options(),
        "name": me.display_name,
        "author_length": Preferences.AUTHOR_LENGTH,
        "licences": (NONE_WRITTEN, *LICENCES.values()),
        "locations": [(value, Location(value).label, says) for value, says in LOCATIONS],
        "is_being_applied": wanted.credit_changed_at is not None,
    }
    return render(request, "photos/settings.html", context, status=400 if form.is_bound else 200)


SAVED = "Saved."
SAVED_CREDIT = "Saved. Your photos are made anew with it, the newest first; until then they stay as they are."
