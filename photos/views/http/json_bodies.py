"""JSON in and out, for the views that scripts call."""

import json
from typing import Any

from django.http import HttpRequest, JsonResponse

from photos.pipeline.refusals import Malformed


def parsed_body(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object that was sent. Raises Malformed."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise Malformed from error
    if not isinstance(body, dict):
        raise Malformed
    return body


def refused(code: str, sentence: str, *, status: int = 400) -> JsonResponse:
    """Return an error: `code` is for the script, `message` for its reader."""
    return JsonResponse({"error": {"code": code, "message": sentence}}, status=status)
