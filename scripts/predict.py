"""`posters predict`, for those who keep their commands as scripts: python scripts/predict.py --help."""

import sys

from posters.cli import main

sys.exit(main(["predict", *sys.argv[1:]]))
