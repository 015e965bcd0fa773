"""What owners do to one photo: edit it, describe it, choose who sees it, delete it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST

from accounts import rate_limit
from accounts.profile_card import Person
from accounts.requests import SignedInRequest, signed_in
from photos.display import cards
from photos.display.descriptions import Reader
from photos.files import retired_files, urls
from photos.imaging import looks
from photos.imaging.edits import BadEdits, Edits
from photos.imaging.rejections import remedy_for
from photos.library import captions, quota, trash, visibility
from photos.models import Photo, Stage, State, Visibility
from photos.pipeline import editing, upload
from photos.pipeline.refusals import Malformed, QuotaExceeded
from photos.views.http import meanwhile, photo_lists
from photos.views.http.json_bodies import parsed_body, refused
from photos.views.http.lookups import own_photo_or_404

NOT_YET = gettext_noop("This photo cannot be edited yet. Please try again in a moment.")
CHANGED = {
    Visibility.PUBLIC: gettext_noop("Everyone can see this photo now."),
    Visibility.UNLISTED: gettext_noop(
        "Anyone with the link can see this photo now. It is no longer listed anywhere."
    ),
    Visibility.FOLLOWERS: gettext_noop("Only your followers can see this photo now."),
    Visibility.PRIVATE: gettext_noop("Only you can see this photo now."),
}


@require_http_methods(["GET", "POST"])
@signed_in
def edit(request: SignedInRequest, pid: str) -> HttpResponse:
    """Show the editor of the viewer's own photo; POST takes the edits that were made there.

    The editor starts from the unedited picture that is there, if a small one. Before the first one it is a page that
    waits for it.
    """
    photo = own_photo_or_404(request, pid)
    if photo.state == State.RESERVED:
        raise Http404
    if request.method == "POST":
        return _save(request, photo)
    if photo.state == State.FAILED:
        return redirect(photo)  # its page says why
    if photo.stage == Stage.NONE:
        return render(request, "photos/edit/soon.html", {"photo": cards.tile(photo)})
    base = retired_files.find_base(photo)
    if base is None:
        messages.error(request, _(NOT_YET))
        return redirect(photo)
    context = {
        "photo": cards.card(photo, Person.from_user(request.user), Reader.OWNER),
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
def caption(request: SignedInRequest, pid: str) -> HttpResponse:
    """Change the caption or description of the viewer's own photo; a script gets 204, or 422 and the reason."""
    photo = own_photo_or_404(request, pid)
    is_form = request.accepts("text/html")
    fields = {
        "caption": meanwhile.Field(_("Caption"), photo.caption),
        "alt": meanwhile.Field(_("Alt text"), photo.alt),
    }
    sent, back_url = meanwhile.read(request, fields), photo_lists.page_of(request, photo)
    if sent.clashes:
        return meanwhile.ask(request, sent, fields, back_url=back_url)
    try:
        captions.describe(photo, caption=sent.data.get("caption"), alt=sent.data.get("alt"))
    except captions.TooLong as error:
        if not is_form:
            return refused("too_long", str(error), status=422)
        messages.error(request, str(error))
    return redirect(back_url) if is_form else HttpResponse(status=204)


@require_POST
@signed_in
def change_visibility(request: SignedInRequest, pid: str) -> HttpResponse:
    """Choose who sees the viewer's own photo."""
    photo = own_photo_or_404(request, pid)
    try:
        is_new = visibility.change(photo, request.POST.get("visibility", ""))
    except ValueError:
        messages.error(request, _("Please choose who can see the photo."))
        return redirect(photo_lists.page_of(request, photo))
    if is_new:
        messages.success(request, _(CHANGED[Visibility(photo.visibility)]))
    return redirect(photo_lists.page_of(request, photo))


@require_POST
@signed_in
def delete(request: SignedInRequest, pid: str) -> HttpResponse:
    """Put the viewer's own photo into the trash."""
    photo = own_photo_or_404(request, pid)
    is_in_trash = bool(trash.put(request.user.pk, [photo.pk]))
    message = format_html(
        _('<span>The photo is in the <a href="{}">trash</a> for 30 days.</span>'), reverse("trash")
    )
    messages.success(request, message if is_in_trash else _("The photo is deleted."))
    return redirect(request.user.get_absolute_url())


@require_POST
@signed_in
def retry(request: SignedInRequest, pid: str) -> HttpResponse:
    """Render the viewer's own failed photo again, where that can help."""
    photo = own_photo_or_404(request, pid)
    if photo.state != State.FAILED:
        return redirect(photo)
    if remedy_for(photo.failure_code) != "retry":
        messages.error(request, _("The file itself has to change. Please choose another one."))
    elif rate_limit.is_too_fast("retry", request.user.pk):
        messages.error(request, _("Too many requests. Please try again in a minute."))
    else:
        try:
            upload.retry(photo)
        except quota.Exceeded:
            messages.error(request, _(QuotaExceeded.sentence))
    return redirect(photo)


def _save(request: HttpRequest, photo: Photo) -> HttpResponse:
    """Answer 202 when a new version is being made, 200 when the photo has these edits already."""
    try:
        edits = Edits.parse(parsed_body(request).get("edits"))
        is_new = editing.revise(photo, edits)
    except Malformed:
        return refused("malformed", _("These edits cannot be read. Please reload the page and try again."))
    except BadEdits as error:
        return refused("bad_edits", _(error.sentence))
    except editing.NotEditable:
        return refused("not_editable", _(NOT_YET), status=409)
    return JsonResponse({"photo_url": photo.get_absolute_url()}, status=202 if is_new else 200)
