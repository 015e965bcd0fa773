"""Error tracking: Sentry when a DSN is given, nothing at all otherwise."""

import sentry_sdk
import structlog
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.dramatiq import DramatiqIntegration
from sentry_sdk.types import Event, Hint

SENSITIVE = ("ticket", "signature", "password", "token", "cookie", "authorization")


def start_error_tracking(*, dsn: str, environment: str, release: str, pod: str) -> None:
    """Start Sentry for this process, without personal data; a no-op without a DSN."""
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
    """Add the request id that our logs carry, and blank values whose name sounds secret."""
    context = structlog.contextvars.get_contextvars()
    if "request_id" in context:
        event.setdefault("tags", {})["request_id"] = context["request_id"]
    headers = event.get("request", {}).get("headers")
    if isinstance(headers, dict):
        for name in headers:
            if any(word in str(name).lower() for word in SENSITIVE):
                headers[name] = "[scrubbed]"
    return event
