"""PostgreSQL without root, which it refuses: root runs it under another uid, an ordinary user runs it directly.

Root maps itself to an ordinary uid inside a user namespace: that needs no account and no chown, and an interpreter
under /root stays readable. Where the kernel forbids user namespaces, PostgreSQL runs as `nobody`, which then owns the
files.
"""

import functools
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ops.topology.machine.trouble import Trouble

NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")


class CannotDropRoot(Trouble):
    """Root can neither make a user namespace nor become `nobody`."""


def wrap(argv: Sequence[str | Path], *, death_signal: str = "INT") -> list[str]:
    """Return the command that runs `argv` unprivileged and, on Linux, signals it when its parent dies.

    The signal is set inside, because a change of credentials clears it. Each step execs: the pid is the program's own.
    """
    plain = [str(part) for part in argv]
    leash = ["setpriv", f"--pdeathsig={death_signal}"] if shutil.which("setpriv") else []
    return [*_prefix(), *leash, *plain]


def give(*paths: Path) -> None:
    """Give files to the user that `wrap` runs as. Only `nobody` needs it; root can still read them."""
    if _prefix() == NOBODY:
        for path in paths:
            shutil.chown(path, "nobody", "nogroup")


def give_tree(top: Path) -> None:
    """Give a folder with all that is in it to the user that `wrap` runs as."""
    if _prefix() == NOBODY:
        give(top, *top.rglob("*"))


def owners() -> set[int]:
    """Return the uids that may own the folder of sockets: this user, and `nobody` where root gives it away."""
    given_to = {pwd.getpwnam("nobody").pw_uid} if _prefix() == NOBODY else set()
    return {os.getuid()} | given_to


def _prefix() -> tuple[str, ...]:
    return _prefix_of_root() if os.geteuid() == 0 else ()


@functools.cache
def _prefix_of_root() -> tuple[str, ...]:
    for prefix in (NAMESPACE, NOBODY):
        if shutil.which(prefix[0]) and _works(prefix):
            return prefix
    kind = (
        "user namespaces are forbidden here"
        if sys.platform == "linux"
        else "this system has no user namespaces"
    )
    raise CannotDropRoot(
        f"PostgreSQL refuses to run as root, and {kind}. Run this command as an ordinary user."
    )


def _works(prefix: tuple[str, ...]) -> bool:
    return subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
