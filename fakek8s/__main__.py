"""`python -m fakek8s`: the command line."""

import sys

from fakek8s.cli import main

sys.exit(main())
