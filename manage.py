#!/usr/bin/env python3
"""Django's command line, by default with the packages of `.venv` and the environment of the local topology."""

import os
import sys
from pathlib import Path

from ops import bootstrap

LOCAL_ENVIRONMENT = Path(os.environ.get("TESSERA_VAR", Path(__file__).parent / "var")) / "env"


def main() -> None:
    """Run the command named in `sys.argv`.

    Every deployment value comes from the environment. Where none is set (a developer's shell), the file that
    `make up` writes is read, so that `manage.py shell` talks to the running local site.
    """
    bootstrap.enter_venv([__file__, *sys.argv[1:]])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from config import command_line  # noqa: PLC0415 - the packages may be missing
    except ModuleNotFoundError as error:
        bootstrap.stop(f"{error}.", "`make setup` installs the packages into .venv.")
    sys.exit(command_line.run(sys.argv, LOCAL_ENVIRONMENT))


if __name__ == "__main__":
    main()
