"""PostgreSQL refuses to run as root, so root runs it as somebody else; an ordinary user runs it plainly.

Root maps itself to an ordinary uid inside a user namespace: that needs no account and no chown, and
still reads an interpreter under /root. Where the kernel forbids user namespaces, root becomes `nobody`
and gives the files away.
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
    """Root can neither make a user namespace nor become somebody else."""


def wrap(argv: Sequence[str | Path], *, death_signal: str = "INT") -> list[str]:
    """The command that runs `argv` unprivileged and, on Linux, signals it when its parent dies.

    The signal is set inside, because a change of credentials clears it. Each step execs, so the pid is the
    program's own.
    """
    plain = [str(part) for part in argv]
    leash = ["setpriv", f"--pdeathsig={death_signal}"] if shutil.which("setpriv") else []
    return [*_prefix(), *leash, *plain]


def give(*paths: Path) -> None:
    """Hand files to the user that `wrap` runs as. Only the fallback needs it; root still reaches them."""
    if _prefix() == NOBODY:
        for path in paths:
            shutil.chown(path, "nobody", "nogroup")


def give_tree(top: Path) -> None:
    """Hand over a folder with all that is in it."""
    if _prefix() == NOBODY:
        give(top, *top.rglob("*"))


def owners() -> set[int]:
    """Who may own the folder of sockets: this user, or whom root gives it to."""
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
    raise CannotDropRoot(f"PostgreSQL refuses root and {kind}. Run it as an ordinary user.")


def _works(prefix: tuple[str, ...]) -> bool:
    return subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
