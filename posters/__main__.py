"""`python -m posters`."""

import sys

from posters.cli import main

sys.exit(main())
