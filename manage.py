#!/usr/bin/env python
"""Django's command line, with the environment of the local topology when no other is given."""

import os
import sys
from pathlib import Path

LOCAL_ENVIRONMENT = Path(os.environ.get("TESSERA_VAR", Path(__file__).parent / "var")) / "env"


def main() -> None:
    """Run the command named in `sys.argv`.

    Every deployment value comes from the environment. Where none is set (a developer's shell), the file that
    `make up` writes is read, so that `manage.py shell` talks to the running local site.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if "SECRET_KEY" not in os.environ and LOCAL_ENVIRONMENT.is_file():
        from config.env import read_file  # noqa: PLC0415 - only where the file is needed

        read_file(LOCAL_ENVIRONMENT)
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - after the environment

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
