"""Our answers to allauth: usernames, the links and language of its mails, and what happens at sign-in."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import languages, mail_zones
from accounts.models import User
from sharding.consistency import token_handover


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """allauth's adapter with lower-case usernames, and mails in the language and time zone of who gets them.

    Links in mails lead to our own host.
    """

    def clean_username(self, username: str, shallow: bool = False) -> Any:
        """Return the checked username in lower case. Raises ValidationError with a sentence for the user."""
        return super().clean_username(username.strip().lower(), shallow=shallow)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail whose links begin with SITE_URL, whatever Host header the request had.

        Each link carries a causal token of this request, so a recipient who follows it at once reads what it wrote.
        """
        links = {
            name: token_handover.link(at_site(value))
            for name, value in context.items()
            if name.endswith("_url")
        }
        values = {**context, **links, "email": email, "site_url": settings.SITE_URL}
        user = context.get("user")
        with languages.override_for(user), timezone.override(mail_zones.for_user(user)):
            self.render_mail(template_prefix, email, values).send()

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Send a mail about a change of the account, in the language and time zone of its user."""
        super().send_notification_mail(template_prefix, user, {"user": user, **(context or {})}, email)

    def post_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse:
        """Return allauth's answer to a sign-in, with the language cookie of the user's choice."""
        mail_zones.save_at_sign_in(user)
        return languages.apply_at_sign_in(user, super().post_login(request, user, **options))


def at_site(url: str) -> str:
    """Return the path and query of `url` on SITE_URL, the public address of the site."""
    parts = urlsplit(url)
    return f"{settings.SITE_URL}{parts.path}" + (f"?{parts.query}" if parts.query else "")
