"""The upload protocol between the page's script and the site: JSON in, JSON out, no bytes of photos."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from accounts import rate_limit
from accounts.requests import SignedInRequest, is_signed_in
from photos.display import cards
from photos.display.descriptions import Reader
from photos.files.s3 import StorageUnavailable
from photos.imaging import format_table
from photos.models import visibility_levels
from photos.pipeline import multipart, refusals, upload
from photos.pipeline.refusals import Malformed, UploadError
from photos.pipeline.upload_request import FileManifest
from photos.views.http.json_bodies import parsed_body, refused

MAX_FILES_A_CALL = 20
FORMATS_KEPT_SECONDS = 300
STATUS_OF = {"not_stored": 409, "mismatch": 422, "bad_ticket": 410, "quota_exceeded": 507}
Body = dict[str, Any]


def api(view: Callable[[SignedInRequest, Body], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Wrap a view of (request, JSON body): sign-in, parsing and refusals of uploads become JSON answers."""

    @require_POST
    def answer(request: HttpRequest) -> HttpResponse:
        if not is_signed_in(request):
            return refused("signed_out", _("You are signed out. Please sign in and try again."), status=401)
        try:
            return view(request, parsed_body(request))
        except UploadError as error:
            return refused(error.code, _(error.sentence), status=STATUS_OF.get(error.code, 400))
        except StorageUnavailable:
            busy = refused(
                "storage_unavailable", _("The photo store is not answering. Trying again…"), status=503
            )
            busy["Retry-After"] = "2"
            return busy

    return answer


@require_safe
@cache_control(max_age=FORMATS_KEPT_SECONDS)
def formats(request: HttpRequest) -> HttpResponse:
    """Answer with the table of file formats, in the reader's language, by which the script judges files."""
    return JsonResponse(format_table.as_json(_))


@api
def begin(request: SignedInRequest, body: Body) -> HttpResponse:
    """Answer each announced file with where to put it, with the photo it already is, or with why not."""
    announced = announced_files(body)
    if len(announced) > MAX_FILES_A_CALL:
        return refused("too_many", _("Upload at most %(most)d files at once.") % {"most": MAX_FILES_A_CALL})
    if rate_limit.is_too_fast("begin", request.user.pk, count=len(announced)):
        return slow_down()
    outcomes = upload.begin(request.user.pk, announced)
    return JsonResponse({"uploads": [outcome_as_json(outcome) for outcome in outcomes]})


@api
def finish(request: SignedInRequest, body: Body) -> HttpResponse:
    """Accept a file that was put into the store: 201 for a new photo, 200 for one that was accepted before."""
    photo, is_new = upload.finish(request.user.pk, str(body.get("ticket", "")))
    tile = cards.tile(photo, Reader.OWNER)
    answer = {
        "pid": photo.pid,
        "photo_url": photo.get_absolute_url(),
        "tile_html": render_to_string("photos/grid/tile.html", {"tile": tile}, request),
    }
    return JsonResponse(answer, status=201 if is_new else 200)


@api
def renew_parts(request: SignedInRequest, body: Body) -> HttpResponse:
    """Answer with fresh addresses for the parts of a large file, and with the parts that are stored already."""
    plan = upload.renew_parts(request.user.pk, str(body.get("ticket", "")))
    return JsonResponse({"ticket": body["ticket"], "parts": plan_as_json(plan)})


@api
def cancel(request: SignedInRequest, body: Body) -> HttpResponse:
    """Forget an upload that was announced and not accepted; a repeated call is harmless."""
    if rate_limit.is_too_fast("cancel", request.user.pk):
        return slow_down()
    try:
        is_gone = upload.cancel(request.user.pk, str(body.get("ticket", "")))
    except refusals.BadTicket:
        is_gone = False
    return JsonResponse({"cancelled": is_gone})


def plan_as_json(plan: multipart.Plan) -> Body:
    """Return a plan of parts as the page's script reads it."""
    addresses = [{"url": url, "headers": headers} for url, headers in plan.addresses]
    return {"size": plan.part_bytes, "addresses": addresses, "done": plan.done}


def announced_files(body: Body) -> list[FileManifest]:
    """Return the files that a body announces. Raises Malformed."""
    try:
        return [
            FileManifest(
                name=str(file["name"]),
                size=int(file["size"]),
                content_type=str(file["type"]).lower(),
                sha256=str(file["sha256"]).lower(),
                visibility=str(file.get("visibility", "")),
                part_sha256s=[str(digest).lower() for digest in file.get("part_sha256s", [])],
            )
            for file in body["files"]
        ]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Malformed from error


def outcome_as_json(outcome: upload.Outcome) -> Body:
    """Return an outcome as the page's script reads it."""
    match outcome:
        case upload.Offer():
            return {"ticket": outcome.ticket, "url": outcome.url, "headers": outcome.headers}
        case upload.PartsOffer():
            return {"ticket": outcome.ticket, "parts": plan_as_json(outcome.plan)}
        case upload.Duplicate(photo, is_restored):
            duplicate = {
                "duplicate": True,
                "pid": photo.pid,
                "photo_url": photo.get_absolute_url(),
                "visibility": photo.get_visibility_display(),
                "seen": _(visibility_levels.AUDIENCES[photo.visibility]),
            }
            return duplicate | ({"restored": True} if is_restored else {})
        case upload.Refusal():
            return {"error": {"code": outcome.code, "message": _(outcome.sentence)}}


def slow_down() -> JsonResponse:
    """Return the refusal after which the script waits, and goes on."""
    answer = refused("too_fast", _("Too many requests. Please try again in a minute."), status=429)
    answer["Retry-After"] = "30"
    return answer
