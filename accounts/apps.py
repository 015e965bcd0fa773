"""People: who they are, whom they follow, how they sign in."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Lives in the directory as a whole."""

    name = "accounts"

    def ready(self) -> None:
        """Let the cache hear of what changes."""
        from accounts import people_cache  # noqa: PLC0415 - models must be ready

        people_cache.listen()
