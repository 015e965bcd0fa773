"""The local topology's command line."""

import sys

from ops import bootstrap
from ops.topology.cli import main

bootstrap.enter_venv(["-m", "ops.topology", *sys.argv[1:]])
sys.exit(main())
