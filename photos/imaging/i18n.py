"""Marking sentences for translators in modules that must not import Django: who shows them, translates them."""


def gettext_noop(message: str) -> str:
    """Return it as it is; named so that `make messages` finds what it is given."""
    return message
