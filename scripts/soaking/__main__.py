"""`scripts/soak PART`: tries a part of the package to destruction, and prints a JSON of counts."""

import argparse
import json
import sys

from scripts.soaking import readers, runs, server

PARTS = (readers, runs, server)


def main(arguments: list[str] | None = None) -> int:
    """Run one part; return 0 if its promises held, and 1 if one fell."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parts = parser.add_subparsers(required=True, metavar="PART")
    for part in PARTS:
        part.add_parser(parts)
    options = parser.parse_args(arguments)
    counts = options.run(options)
    json.dump(counts, sys.stdout, indent=2, sort_keys=True)
    print()
    return 1 if counts["fallen"] else 0


if __name__ == "__main__":
    sys.exit(main())
