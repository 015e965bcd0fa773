"""What the person at the terminal can mend."""


class Trouble(Exception):
    """Its text is shown as it is, without a traceback: what is wrong, then the cure."""
