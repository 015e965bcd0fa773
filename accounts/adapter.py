"""Where allauth asks us."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """allauth's defaults, with the username kept in lower case on the way in."""

    def clean_username(self, username: str, shallow: bool = False) -> Any:
        """Return the checked username in lower case; raises ValidationError with a sentence that helps."""
        return super().clean_username(username.strip().lower(), shallow=shallow)
