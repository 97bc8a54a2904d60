"""`posters evaluate`, for those who keep their commands as scripts: python scripts/evaluate.py --help."""

import sys

from posters.cli import main

sys.exit(main(["evaluate", *sys.argv[1:]]))
