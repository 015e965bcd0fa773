"""What visitors do to a photo: like it, say something of it. Each works as a form and as a fragment."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import rate_limit
from accounts.models import User
from accounts.views import is_htmx, signed_in, viewer
from photos.models import Comment, Photo
from photos.social import comment_page, comments, counters, likes
from photos.views.pages import parsed_pid, photo_or_404
from sharding.rows import ids

COMMENTS_A_MINUTE = 20
LIKES_A_MINUTE = 120


@require_POST
@signed_in
def like(request: HttpRequest, pid: str) -> HttpResponse:
    """Like a photo (`liked=1`) or take that back (`liked=0`)."""
    me, photo = me_and_photo(request, pid)
    is_liked = request.POST.get("liked") == "1"
    if rate_limit.is_too_fast("like", me.pk, limit=LIKES_A_MINUTE):
        return HttpResponse(_("Slow down, please."), status=429, content_type="text/plain")
    try:
        likes.set_liked(photo, me.pk, is_liked=is_liked)
    except likes.Gone as error:
        raise Http404 from error
    if not is_htmx(request):
        return redirect(photo)
    count = counters.counts_for(photo.pk).likes
    return render(
        request, "photos/social/like_button.html", {"photo": photo, "is_liked": is_liked, "like_count": count}
    )


@require_safe
def earlier(request: HttpRequest, pid: str) -> HttpResponse:
    """The comments before one of them, as a fragment for the page; by itself it leads to the photo's page."""
    photo = shown_or_404(request, pid)
    before = parsed_id(request.GET.get("before", ""))
    if "of" in request.GET:
        return _earlier_answers(request, photo, parsed_id(request.GET["of"]), before)
    if not is_htmx(request):
        return redirect(f"{photo.get_absolute_url()}?comments={before}#comments")
    context = context_of(request, photo, before=before)
    if context["comments"] and not context["earlier_id"]:  # or the next link of that kind takes the focus
        context["focused"] = context["comments"][0].id
    return render(request, "photos/social/comments.html#page", context)


@require_POST
@signed_in
def comment(request: HttpRequest, pid: str) -> HttpResponse:
    """Say something of a photo, or answer a comment (`parent`)."""
    me, photo = me_and_photo(request, pid)
    parent = request.POST.get("parent", "")
    if rate_limit.is_too_fast("comment", me.pk, limit=COMMENTS_A_MINUTE):
        return _refused(request, photo, _("That was a lot at once. Please wait a minute."), parent=parent)
    try:
        made = comments.write(
            photo, me.pk, request.POST.get("body", ""), parent_id=parsed_id(parent) if parent else None
        )
    except comments.BadComment as error:
        return _refused(request, photo, error.sentence, parent=parent)
    except comments.NoSuchComment:
        return _refused(request, photo, _("The comment you answered was deleted meanwhile."))
    except likes.Gone as error:
        raise Http404 from error
    if is_htmx(request):
        return _thread(request, photo, made, _("Your comment is posted."), is_new=not parent)
    return redirect(_place_of(photo, made, f"comment-{made.pk}"))


@require_POST
@signed_in
def edit_comment(request: HttpRequest, pid: str, comment_id: int) -> HttpResponse:
    """Give one's own comment other words."""
    me, photo = me_and_photo(request, pid)
    _comment_or_404(photo, comment_id)
    if rate_limit.is_too_fast("comment", me.pk, limit=COMMENTS_A_MINUTE):
        return _refused(request, photo, _("That was a lot at once. Please wait a minute."))
    try:
        changed = comments.edit(photo, comment_id, me.pk, request.POST.get("body", ""))
    except comments.BadComment as error:
        return _refused(request, photo, error.sentence)
    except comments.NoSuchComment as error:
        raise Http404 from error
    return _changed(request, photo, changed, _("Your comment is changed."))


@require_POST
@signed_in
def delete_comment(request: HttpRequest, pid: str, comment_id: int) -> HttpResponse:
    """Delete one's own comment, or any below one's own photo; one's own also where one sees the photo no longer."""
    me = viewer(request)
    is_there = comment_id <= ids.MAX_ID and comments.find(comment_id, parsed_pid(pid)) is not None
    if me is None or not is_there:
        raise Http404
    try:
        deleted = comments.delete(comment_id, me.pk)
        photo = shown_or_404(request, pid)
    except comments.NoSuchComment as error:
        raise Http404 from error
    except Http404:  # a block keeps the owner's photos away
        messages.success(request, _("The comment is deleted."))
        return redirect("home")
    return _changed(request, photo, deleted, _("The comment is deleted."))


def me_and_photo(request: HttpRequest, pid: str) -> tuple[User, Photo]:
    """Return the viewer and a photo that they may see and that there is a picture of. Raises Http404."""
    me, photo = viewer(request), shown_or_404(request, pid)
    if me is None:
        raise Http404
    return me, photo


def shown_or_404(request: HttpRequest, pid: str) -> Photo:
    """Return a photo that the visitor may see; one without a picture or an active owner has nothing to talk about."""
    photo = photo_or_404(request, pid).photo
    if not photo.is_shown:
        raise Http404
    return photo


def parsed_id(text: str) -> int:
    """Return the id that a form or an address has as a number. Raises Http404."""
    if not text.isascii() or not text.isdecimal() or len(text) > ids.MAX_DIGITS or int(text) > ids.MAX_ID:
        raise Http404
    return int(text)


def context_of(request: HttpRequest, photo: Photo, *, before: int | None = None) -> dict[str, Any]:
    """Return what the part of a photo's page below the photo needs."""
    return comment_page.context(photo, viewer(request), before=before) | {"photo": photo}


def _earlier_answers(request: HttpRequest, photo: Photo, top_id: int, before: int) -> HttpResponse:
    """The answers before one of them; by themselves they lead to the photo's page."""
    if not is_htmx(request):
        cursors = f"comments={top_id + 1}&answers={before}"
        return redirect(f"{photo.get_absolute_url()}?{cursors}#comment-{top_id}")
    try:
        thread = comments.earlier_answers(photo.pk, top_id, before=before)
    except comments.NoSuchComment as error:
        raise Http404 from error
    shown = comment_page.comment_views(thread, photo, viewer(request))
    return render(
        request, "photos/social/comment.html#answers", {"photo": photo, "said": shown[0] if shown else None}
    )


def _comment_or_404(photo: Photo, comment_id: int) -> None:
    if comment_id > ids.MAX_ID or comments.find(comment_id, photo.pk) is None:
        raise Http404


def _thread(
    request: HttpRequest, photo: Photo, comment: Comment, sentence: str, *, is_new: bool = False
) -> HttpResponse:
    """Answer with the one comment and what stands below it: the rest of the page, and what is written there, stays.

    The focus goes to what was just said, or above it all if that is gone.
    """
    context = comment_page.context_around(comment, photo, viewer(request))
    is_there = comment.deleted_at is None and bool(context["comments"])
    changed = {"spoken": sentence, "is_new": is_new, "focused": comment.pk if is_there else "talk"}
    return render(request, "photos/social/comments.html#changed", context | {"photo": photo} | changed)


def _changed(request: HttpRequest, photo: Photo, comment: Comment, sentence: str) -> HttpResponse:
    if is_htmx(request):
        return _thread(request, photo, comment, sentence)
    messages.success(request, sentence)
    return redirect(_place_of(photo, comment, "comments"))


def _place_of(photo: Photo, comment: Comment, anchor: str) -> str:
    """Return the address of the photo with the page of comments that this one stands on."""
    return f"{photo.get_absolute_url()}{comments.page_cursors(comment)}#{anchor}"


def _refused(request: HttpRequest, photo: Photo, sentence: str, *, parent: str = "") -> HttpResponse:
    """Say why not. With scripts the form stays as it is and the sentence comes below it; else a page has the words."""
    if is_htmx(request):
        return HttpResponse(
            sentence, status=HTTPStatus.UNPROCESSABLE_ENTITY, content_type="text/plain; charset=utf-8"
        )
    context = {
        "photo": photo,
        "refusal": sentence,
        "parent": parent,
        "kept_body": request.POST.get("body", ""),
    }
    return render(
        request, "photos/social/comment_refused.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY
    )
