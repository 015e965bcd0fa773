"""The local topology's command line."""

import sys

from ops.topology.cli import main

sys.exit(main())
