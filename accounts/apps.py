"""The accounts app: people, follows, blocks, sessions and sign-in."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """All models of this app are in the directory database."""

    name = "accounts"

    def ready(self) -> None:
        """Connect the signals that end cached values."""
        from accounts.relations import people_cache  # noqa: PLC0415 - models must be ready

        people_cache.listen()
