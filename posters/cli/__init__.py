"""The command line: parse, call one function, print. Each command is a file of its own.

Exit codes: 0, all was done; 1, some posters could not be read, and the rest was done; 2, nothing was done, and stderr
says why; 130, interrupted.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from posters import __version__
from posters.cli import catalogue, evaluate, predict, sample, train
from posters.errors import PostersError

COMMANDS = (sample, catalogue, train, evaluate, predict)


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    root = argparse.ArgumentParser(prog="posters", description="Movie posters to genres, honestly.")
    root.add_argument("--version", action="version", version=f"posters {__version__}")
    commands = root.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_parser(commands)
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # File names may hold bytes that are no text.
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    options = parser().parse_args(arguments)
    try:
        return options.run(options)
    except PostersError as error:
        print(f"posters: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("posters: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output has had enough; without this, Python complains again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
