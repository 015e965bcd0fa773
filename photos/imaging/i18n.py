"""A gettext_noop for modules that must not import Django. The code that shows a marked sentence translates it."""


def gettext_noop(message: str) -> str:
    """Return the message unchanged. `make messages` collects the arguments of functions of this name."""
    return message
