"""What viewers do to a photo: like it, comment on it. Each works as a form and as a fragment."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import rate_limit
from accounts.requests import HtmxRequest, SignedInRequest, signed_in, viewer
from photos.models import Comment, Photo
from photos.social import comment_page, comments, counters, likes
from photos.views.http import photo_lists
from photos.views.http.lookups import comment_or_404, shown_or_404
from photos.views.http.parameters import parsed_id, parsed_pid


@require_POST
@signed_in
def like(request: SignedInRequest, pid: str) -> HttpResponse:
    """Like a photo (`liked=1`) or take the like back (`liked=0`)."""
    photo = shown_or_404(request, pid)
    is_liked = request.POST.get("liked") == "1"
    if rate_limit.is_too_fast("like", request.user.pk):
        return HttpResponse(_("Please try again in a moment."), status=429, content_type="text/plain")
    try:
        likes.set_liked(photo, request.user.pk, is_liked=is_liked)
    except likes.Gone as error:
        raise Http404 from error
    if not request.htmx:
        return redirect(photo_lists.page_of(request, photo))
    count = counters.counts_for(photo.pk).likes
    return render(
        request, "photos/social/like_button.html", {"photo": photo, "is_liked": is_liked, "like_count": count}
    )


@require_safe
def earlier(request: HtmxRequest, pid: str) -> HttpResponse:
    """Answer with the comments before one of them (`before`); without htmx, with the photo's page at that place."""
    photo = shown_or_404(request, pid)
    before = parsed_id(request.GET.get("before", ""))
    if "of" in request.GET:
        return _earlier_answers(request, photo, parsed_id(request.GET["of"]), before)
    if not request.htmx:
        return redirect(f"{photo.get_absolute_url()}?comments={before}#comments")
    context = comment_page.context(photo, viewer(request), before=before) | {"photo": photo}
    if context["comments"] and not context["earlier_id"]:  # or the next link of that kind takes the focus
        context["focused"] = context["comments"][0].id
    return render(request, "photos/social/comments.html#page", context)


@require_POST
@signed_in
def comment(request: SignedInRequest, pid: str) -> HttpResponse:
    """Write a comment, or an answer to one (`parent`)."""
    photo = shown_or_404(request, pid)
    parent = request.POST.get("parent", "")
    if rate_limit.is_too_fast("comment", request.user.pk):
        return _refused(request, photo, _("Too many requests. Please try again in a minute."), parent=parent)
    try:
        written = comments.write(
            photo,
            request.user.pk,
            request.POST.get("body", ""),
            parent_id=parsed_id(parent) if parent else None,
        )
    except comments.BadComment as error:
        return _refused(request, photo, error.sentence, parent=parent)
    except comments.NoSuchComment:
        return _refused(request, photo, _("The comment you answered has been deleted."))
    except likes.Gone as error:
        raise Http404 from error
    if request.htmx:
        return _thread(request, photo, written, _("Your comment is posted."), is_new=not parent)
    return redirect(_place(photo, written, f"comment-{written.pk}"))


@require_POST
@signed_in
def edit_comment(request: SignedInRequest, pid: str, comment_id: int) -> HttpResponse:
    """Change the words of the viewer's own comment."""
    photo = shown_or_404(request, pid)
    comment_or_404(photo.pk, comment_id)
    if rate_limit.is_too_fast("comment", request.user.pk):
        return _refused(request, photo, _("Too many requests. Please try again in a minute."))
    try:
        changed = comments.edit(photo, comment_id, request.user.pk, request.POST.get("body", ""))
    except comments.BadComment as error:
        return _refused(request, photo, error.sentence)
    except comments.NoSuchComment as error:
        raise Http404 from error
    return _changed(request, photo, changed, _("Your comment is changed."))


@require_POST
@signed_in
def delete_comment(request: SignedInRequest, pid: str, comment_id: int) -> HttpResponse:
    """Delete the viewer's own comment, or any below their own photo.

    Authors can delete their comments also where they may not see the photo any more.
    """
    comment_or_404(parsed_pid(pid), comment_id)
    try:
        deleted = comments.delete(comment_id, request.user.pk)
        photo = shown_or_404(request, pid)
    except comments.NoSuchComment as error:
        raise Http404 from error
    except Http404:  # such as after a block: the comment is deleted, and there is no page to go back to
        messages.success(request, _("The comment is deleted."))
        return redirect("home")
    return _changed(request, photo, deleted, _("The comment is deleted."))


def _earlier_answers(request: HtmxRequest, photo: Photo, top_id: int, before: int) -> HttpResponse:
    """Answer with the answers to a comment before one of them; without htmx, with the photo's page at that place."""
    if not request.htmx:
        cursors = f"comments={top_id + 1}&answers={before}"
        return redirect(f"{photo.get_absolute_url()}?{cursors}#comment-{top_id}")
    try:
        thread = comments.earlier_answers(photo.pk, top_id, before=before)
    except comments.NoSuchComment as error:
        raise Http404 from error
    views = comment_page.comment_views(thread, photo, viewer(request))
    context = {"photo": photo, "said": views[0] if views else None}
    return render(request, "photos/social/comment.html#answers", context)


def _thread(
    request: HtmxRequest, photo: Photo, comment: Comment, sentence: str, *, is_new: bool = False
) -> HttpResponse:
    """Answer with one comment and its answers; the rest of the page stays, with what is being written there.

    The focus goes to what was written or changed, or to the head of all comments if that is gone.
    """
    context = comment_page.context_around(comment, photo, viewer(request))
    is_there = comment.deleted_at is None and bool(context["comments"])
    changed: dict[str, Any] = {
        "photo": photo,
        "spoken": sentence,
        "is_new": is_new,
        "focused": comment.pk if is_there else "talk",
    }
    return render(request, "photos/social/comments.html#changed", context | changed)


def _changed(request: HtmxRequest, photo: Photo, comment: Comment, sentence: str) -> HttpResponse:
    if request.htmx:
        return _thread(request, photo, comment, sentence)
    messages.success(request, sentence)
    return redirect(_place(photo, comment, "comments"))


def _place(photo: Photo, comment: Comment, anchor: str) -> str:
    """Return the address of the photo's page with those comments among which this one stands."""
    return f"{photo.get_absolute_url()}{comments.page_cursors(comment)}#{anchor}"


def _refused(request: HtmxRequest, photo: Photo, sentence: str, *, parent: str = "") -> HttpResponse:
    """Say why not: to htmx as text, which appears below the form; else as a page that keeps the words."""
    if request.htmx:
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
