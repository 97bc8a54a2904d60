"""`posters cross-validate`, as the cards of the shipped classifiers call it: with --out in place of --run."""

import sys

from posters.cli import main

sys.exit(main(["cross-validate", *("--run" if word == "--out" else word for word in sys.argv[1:])]))
