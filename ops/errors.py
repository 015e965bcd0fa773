"""Error tracking by Sentry, when a DSN is given."""

import sentry_sdk
import structlog
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.dramatiq import DramatiqIntegration
from sentry_sdk.types import Event, Hint

SENSITIVE = ("ticket", "signature", "password", "token", "cookie", "authorization")


def start_error_tracking(*, dsn: str, environment: str, release: str, pod: str) -> None:
    """Start Sentry for this process, without personal data. Does nothing without a DSN."""
    if not dsn:
        return
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=release,
        server_name=pod,
        send_default_pii=False,
        before_send=scrub,
        traces_sample_rate=0.0,
        integrations=[DjangoIntegration(), DramatiqIntegration()],
    )


def scrub(event: Event, _: Hint) -> Event:
    """Add the request id of the logs as a tag, and blank the headers whose name is in SENSITIVE."""
    context = structlog.contextvars.get_contextvars()
    if "request_id" in context:
        event.setdefault("tags", {})["request_id"] = context["request_id"]
    headers = event.get("request", {}).get("headers")
    if isinstance(headers, dict):
        for name in headers:
            if any(word in str(name).lower() for word in SENSITIVE):
                headers[name] = "[scrubbed]"
    return event
