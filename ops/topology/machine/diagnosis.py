"""From the last lines of a log to a cure."""

CURES = (
    ("No space left on device", "The disk is full: free some space, or set TESSERA_VAR to another disk."),
    ("Address already in use", "Something else took its port meanwhile: start again, a free one is picked."),
    (
        "Permission denied",
        "It may not read its files: another user started it before, or root runs it in a private folder.",
    ),
    ("could not create shared memory", "The machine forbids shared memory of this size: raise its limit."),
    ("Cannot allocate memory", "The machine is out of memory: the whole topology takes about 600 MB."),
    ("Too many open files", "Raise the limit of open files: ulimit -n 4096"),
    ("ModuleNotFoundError", "A package is missing: `make up` installs it."),
    ("database files are incompatible", "The data is of another PostgreSQL: `make reset` begins anew."),
)


def cure(text: str, *, otherwise: str = "") -> str:
    """The advice for the first known complaint in `text`."""
    return next((advice for complaint, advice in CURES if complaint in text), otherwise)
