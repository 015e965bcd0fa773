"""Where allauth asks us."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts import languages
from accounts.models import User
from sharding.consistency import token_handover


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """allauth's defaults, with the username kept in lower case on the way in and our address in mails,
    which are in the language of who gets them."""

    def clean_username(self, username: str, shallow: bool = False) -> Any:
        """Return the checked username in lower case; raises ValidationError with a sentence that helps."""
        return super().clean_username(username.strip().lower(), shallow=shallow)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail whose links begin with SITE_URL, whatever host the request had named.

        They carry what the request has written: whoever follows one at once is not told that there is no such thing.
        """
        links = {
            name: token_handover.link(at_site(value))
            for name, value in context.items()
            if name.endswith("_url")
        }
        known = {**context, **links, "email": email, "site_url": settings.SITE_URL}
        with languages.override_for(context.get("user")):
            self.render_mail(template_prefix, email, known).send()

    def post_login(self, request: HttpRequest, user: User, **how: Any) -> HttpResponse:
        """Return the answer to a sign-in, in the person's own language from here on."""
        return languages.apply_at_sign_in(user, super().post_login(request, user, **how))


def at_site(url: str) -> str:
    """Return an address of ours as everybody reaches it."""
    parts = urlsplit(url)
    return f"{settings.SITE_URL}{parts.path}" + (f"?{parts.query}" if parts.query else "")
