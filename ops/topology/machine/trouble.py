"""The error that the operator at the terminal can mend."""


class Trouble(Exception):
    """Its text is printed without a traceback: what is wrong, then the cure."""
