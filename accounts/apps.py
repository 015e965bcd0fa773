"""People: who they are, whom they follow, how they sign in."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Lives in the directory as a whole."""

    name = "accounts"
