"""Settings of a user: profile, new photos, mails; and the link that ends the mails."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.requests import SignedInRequest, signed_in
from photos.imaging.metadata.printable import printable_line
from photos.library import preferences
from photos.models import Digest, Location, Preferences, Visibility, visibility_levels
from photos.models.licences import LICENCES, NONE_WRITTEN
from photos.social import digest
from photos.views.http import meanwhile
from photos.views.http.fields import Lines
from sharding.consistency import causal

LOCATIONS = (
    (Location.NONE, gettext_noop("The place where a photo was taken is not read from it at all.")),
    (Location.AREA, gettext_noop("Rounded to about ten kilometres; nothing more exact is kept.")),
    (
        Location.EXACT,
        gettext_noop("Exact to the metre. It can reveal your home, or where people in the photo were."),
    ),
)


class PhotoSettings(forms.Form):
    """Visibility of new photos, author, licence and places, as the page sends them."""

    author = forms.CharField(max_length=Preferences.AUTHOR_LENGTH, required=False)
    licence = forms.ChoiceField(choices=[(code, code) for code in ("", *LICENCES)], required=False)
    location = forms.ChoiceField(choices=Location.choices, required=False)
    # Without a value the setting stays as it is.
    visibility = forms.ChoiceField(choices=Visibility.choices, required=False)

    def clean_author(self) -> str:
        """Return the author in one line of printable characters, as files can carry it."""
        return printable_line(self.cleaned_data["author"])


class Profile(forms.Form):
    """A user's display name and biography, as the page sends them."""

    name = forms.CharField(max_length=60, required=False)
    bio = Lines(max_length=300, required=False)

    def clean_name(self) -> str:
        """Return the name in one line of printable characters."""
        return printable_line(self.cleaned_data["name"])

    def clean_bio(self) -> str:
        """Return the biography in one line of printable characters."""
        return printable_line(self.cleaned_data["bio"], 300)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def home(request: SignedInRequest) -> HttpResponse:
    """Show the profile's form and links to all other settings, with what is chosen there; POST changes the profile."""
    me = request.user
    with causal.pin():
        me.refresh_from_db(fields=["name", "bio"])
    fields = {"name": meanwhile.Field(_("Name"), me.name), "bio": meanwhile.Field(_("About you"), me.bio)}
    sent = meanwhile.read(request, fields)
    if sent.clashes:
        return meanwhile.ask(request, sent, fields, back_url=request.path)
    form = Profile(sent.data or None)
    if request.method == "POST" and form.is_valid():
        me.name, me.bio = form.cleaned_data["name"], form.cleaned_data["bio"]
        me.save(update_fields=["name", "bio"])
        messages.success(request, _("Saved."))
        return redirect("settings")
    with causal.pin():
        current = preferences.for_owner(me.pk)
    typed = form.data if form.is_bound else {"name": me.name, "bio": me.bio}
    context = {
        "form": form,
        "stored": fields,
        "name": typed.get("name", ""),
        "bio": typed.get("bio", ""),
        "seen_by": Visibility(current.visibility).label,
        "rhythm": RHYTHMS[Digest(current.digest)][0],
    }
    return render(request, "photos/settings/settings.html", context, status=400 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@signed_in
def photos(request: SignedInRequest) -> HttpResponse:
    """Show the viewer's settings for their photos; POST changes them."""
    me = request.user
    with causal.pin():
        current = preferences.for_owner(me.pk)
    fields = _fields_of(current)
    sent = meanwhile.read(request, fields)
    if sent.clashes:
        return meanwhile.ask(request, sent, fields, back_url=request.path)
    form = PhotoSettings(sent.data or None)
    if request.method == "POST" and form.is_valid():
        is_new = preferences.change(me.pk, **form.cleaned_data)
        messages.success(request, _(SAVED_CREDIT if is_new else SAVED))
        return redirect("photo-settings")
    chosen = form.data if form.is_bound else {name: getattr(current, name) for name in form.fields}
    context = {
        "form": form,
        "stored": fields,
        "author": chosen.get("author", ""),
        "licence": chosen.get("licence", ""),
        "location": chosen.get("location", ""),
        "visibility": chosen.get("visibility", ""),
        "levels": visibility_levels.options(),
        "name": me.display_name,
        "author_length": Preferences.AUTHOR_LENGTH,
        "licences": (NONE_WRITTEN, *LICENCES.values()),
        "locations": [(value, Location(value).label, _(says)) for value, says in LOCATIONS],
        "is_being_applied": current.credit_changed_at is not None,
    }
    return render(request, "photos/settings/photos.html", context, status=400 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def notifications(request: SignedInRequest) -> HttpResponse:
    """Show how often unread notifications are mailed; POST changes it."""
    me = request.user
    if request.method == "POST":
        rhythm = request.POST.get("digest", "")
        if rhythm not in Digest.values:
            raise Http404
        digest.set_rhythm(me.pk, rhythm)
        messages.success(request, _("Saved."))
        return redirect("notification-settings")
    context = {
        "chosen": preferences.for_owner(me.pk).digest,
        "rhythms": [(each.value, RHYTHMS[each]) for each in Digest],
        "address": digest.address_for(me.pk),
    }
    return render(request, "photos/settings/notifications.html", context)


@csrf_exempt  # mail programs post here without cookies; the token is the permission
@require_http_methods(["GET", "HEAD", "POST"])
def stop_digest(request: HttpRequest, token: str) -> HttpResponse:
    """End the mails of the user named by the link's token. GET only asks, since mail scanners open links."""
    try:
        owner_id = digest.owner_id_from(token)
    except digest.BadToken as error:
        raise Http404 from error
    if not User.objects.filter(pk=owner_id, is_active=True).exists():
        raise Http404
    if request.method == "POST":
        digest.set_rhythm(owner_id, Digest.OFF)
    return render(request, "photos/settings/digest_stop.html", {"is_stopped": request.method == "POST"})


def _fields_of(current: Preferences) -> dict[str, meanwhile.Field]:
    """Return the fields of the settings for photos, as they are stored."""
    return {
        "author": meanwhile.Field(_("Author"), current.author),
        "licence": meanwhile.Field(_("Licence"), current.licence, _licence_said),
        "location": meanwhile.Field(_("Keep where a photo was taken"), current.location, _location_said),
        "visibility": meanwhile.Field(
            _("Who can see new photos"), current.visibility, visibility_levels.said
        ),
    }


def _licence_said(code: str) -> str:
    return _(LICENCES[code].name) if code in LICENCES else _(NONE_WRITTEN.name)


def _location_said(location: str) -> str:
    return str(Location(location).label) if location in Location.values else location


RHYTHMS = {
    Digest.OFF: (gettext_lazy("Never"), gettext_lazy("You read notifications on the site only.")),
    Digest.DAILY: (
        gettext_lazy("Once a day at most"),
        gettext_lazy("Only when there is something unread."),
    ),
    Digest.WEEKLY: (
        gettext_lazy("Once a week at most"),
        gettext_lazy("Only when there is something unread."),
    ),
}
SAVED = gettext_noop("Saved.")
SAVED_CREDIT = gettext_noop(
    "Saved. Your photos are made again with it, the newest first; until then they stay as they are."
)
