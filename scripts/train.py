"""`posters train`, for those who keep their commands as scripts: python scripts/train.py --help."""

import sys

from posters.cli import main

sys.exit(main(["train", *sys.argv[1:]]))
