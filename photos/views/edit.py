"""What owners do to one photo: edit it, delete it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.profile_card import Person
from accounts.views import signed_in, viewer
from photos.display import cards
from photos.files import retired_files, urls
from photos.imaging import looks
from photos.imaging.edits import BadEdits, Edits
from photos.library import captions, trash, visibility
from photos.models import Photo, Stage, Visibility
from photos.pipeline import editing
from photos.pipeline.upload_request import Malformed
from photos.views.api import parsed, refused
from photos.views.pages import parsed_pid
from sharding.consistency import causal

CHANGED = {
    Visibility.PUBLIC: gettext_noop("Everyone can see this photo now."),
    Visibility.UNLISTED: gettext_noop(
        "Anyone with the link can see this photo now. It is on no list any more."
    ),
    Visibility.FOLLOWERS: gettext_noop("Only your followers can see this photo now."),
    Visibility.PRIVATE: gettext_noop("Only you can see this photo now."),
}


@require_http_methods(["GET", "POST"])
@signed_in
def edit(request: HttpRequest, pid: str) -> HttpResponse:
    """Show the editor of one's own photo, or take the edits that were made there."""
    me, photo = own_photo_or_404(request, pid)
    if photo.stage != Stage.FULL:
        raise Http404
    if request.method == "POST":
        return save(request, photo)
    base = retired_files.find_base(photo)
    if base is None:
        raise Http404
    context = {
        "photo": cards.card(photo, Person.from_user(me)),
        "base_url": urls.object_url(base.key),
        "base_width": base.width,
        "base_height": base.height,
        "edits": Edits.parse(photo.edits).as_json(),
        "looks": looks.as_objects(),
        "save_url": request.path,
        "photo_url": photo.get_absolute_url(),
    }
    return render(request, "photos/edit/edit.html", context)


@require_POST
@signed_in
def caption(request: HttpRequest, pid: str) -> HttpResponse:
    """Say something of one's own photo; words that begin with # become tags. A script gets 204, or 422 and why."""
    photo = own_photo_or_404(request, pid)[1]
    is_form = request.accepts("text/html")
    try:
        captions.describe(photo, caption=request.POST.get("caption"), alt=request.POST.get("alt"))
    except captions.TooLong as error:
        if not is_form:
            return refused("too_long", str(error), status=422)
        messages.error(request, str(error))
    return redirect(photo.get_absolute_url()) if is_form else HttpResponse(status=204)


@require_POST
@signed_in
def change_visibility(request: HttpRequest, pid: str) -> HttpResponse:
    """Choose who sees one's own photo."""
    photo = own_photo_or_404(request, pid)[1]
    try:
        is_new = visibility.change(photo, request.POST.get("visibility", ""))
    except ValueError:
        messages.error(request, _("Please choose who may see the photo."))
        return redirect(photo)
    if is_new:
        messages.success(request, _(CHANGED[Visibility(photo.visibility)]))
    return redirect(photo)


@require_POST
@signed_in
def delete(request: HttpRequest, pid: str) -> HttpResponse:
    """Put one's own photo into the trash."""
    me, photo = own_photo_or_404(request, pid)
    is_kept = bool(trash.put(me.pk, [photo.pk]))
    where = format_html(
        _('<span>The photo is in the <a href="{}">trash</a> for 30 days.</span>'), reverse("trash")
    )
    messages.success(request, where if is_kept else _("The photo is deleted."))
    return redirect(me.get_absolute_url())


def own_photo_or_404(request: HttpRequest, pid: str) -> tuple[User, Photo]:
    """Return the viewer and their photo, as its primary has it; to anybody else it does not exist."""
    me = viewer(request)
    with causal.pin():
        photo: Photo | None = Photo.objects.locate(parsed_pid(pid)).kept().first()
    if me is None or photo is None or photo.owner_id != me.pk:
        raise Http404
    return me, photo


def save(request: HttpRequest, photo: Photo) -> HttpResponse:
    """Answer 202 when a new version is on its way, 200 when the photo looks like that already."""
    try:
        edits = Edits.parse(parsed(request).get("edits"))
        is_new = editing.revise(photo, edits)
    except Malformed:
        return refused("malformed", _("These edits cannot be read. Please reload the page and try again."))
    except BadEdits as error:
        return refused("bad_edits", _(error.sentence))
    except editing.NotEditable:
        return refused(
            "not_editable", _("This photo cannot be edited yet. Please try again in a moment."), status=409
        )
    return JsonResponse({"photo_url": photo.get_absolute_url()}, status=202 if is_new else 200)
