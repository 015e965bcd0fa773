"""Advice for known error messages of the server programs."""

CURES = (
    ("No space left on device", "The disk is full: free some space, or set TESSERA_VAR to another disk."),
    ("Address already in use", "Another program has taken its port: start again, and a free port is chosen."),
    (
        "Permission denied",
        "It may not read its files: another user has started it before, or root runs it in a private folder.",
    ),
    (
        "could not create shared memory",
        "The machine does not allow this much shared memory: raise its limit.",
    ),
    ("Cannot allocate memory", "The machine is out of memory: the whole topology takes about 900 MB."),
    ("Too many open files", "Raise the limit of open files: ulimit -n 4096"),
    ("ModuleNotFoundError", "A package is missing: `make up` installs it."),
    (
        "database files are incompatible",
        "Another PostgreSQL made the data: `make reset` removes all of it.",
    ),
)


def cure(text: str, *, otherwise: str = "") -> str:
    """Return the advice for the first known message in `text`, or `otherwise`."""
    return next((advice for complaint, advice in CURES if complaint in text), otherwise)
