"""Our answers to allauth: usernames, the links and language of its mails, and what happens at sign-in."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts import languages
from accounts.models import User
from sharding.consistency import token_handover


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """allauth's adapter with lower-case usernames, and mails in the recipient's language with our own host in links."""

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
        with languages.override_for(context.get("user")):
            self.render_mail(template_prefix, email, values).send()

    def post_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse:
        """Return allauth's answer to a sign-in, with the language cookie of the user's choice."""
        return languages.apply_at_sign_in(user, super().post_login(request, user, **options))


def at_site(url: str) -> str:
    """Return the path and query of `url` on SITE_URL, the public address of the site."""
    parts = urlsplit(url)
    return f"{settings.SITE_URL}{parts.path}" + (f"?{parts.query}" if parts.query else "")
