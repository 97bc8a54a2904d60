"""The command line: parse, call one function, print. Each command is a file of its own.

Exit codes: 0, all was done; 1, some posters could not be read, and the rest was done; 2, nothing was done, and stderr
says why; 130, interrupted.
"""

import argparse
import atexit
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from posters import __version__
from posters.errors import PostersError

COMMANDS = (
    "sample",
    "catalogue",
    "audit",
    "train",
    "evaluate",
    "compare",
    "thresholds",
    "predict",
    "similar",
    "serve",
    "export",
)

# At its end Python looks for garbage once more, which takes a tenth of the time of one poster, and nobody needs.
atexit.register(gc.freeze)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, like every other error, and not below a page of options."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"posters: {message}; see {self.prog} --help\n")


def parser(commands: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """The parser of the whole command line, or of some commands, which is made sooner."""
    root = _Parser(prog="posters", description="Movie posters to genres, honestly.")
    root.add_argument("-V", "--version", action="version", version=f"posters {__version__}")
    parsers = root.add_subparsers(metavar="COMMAND", required=True)
    for command in commands:
        import_module(f"posters.cli.{command}").add_parser(parsers)
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # File names may hold bytes that are no text.
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    words = sys.argv[1:] if arguments is None else arguments
    # Of eleven commands one is wanted: a tenth of the time that one poster takes would go to reading the others.
    options = parser(words[:1] if words[:1] and words[0] in COMMANDS else COMMANDS).parse_args(words)
    try:
        code = options.run(options)
        sys.stdout.flush()  # Here, so that a reader who has gone is noticed here.
        return code
    except PostersError as error:
        return _refused(str(error))
    except KeyboardInterrupt:
        print("posters: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        _give_up_stdout()
        return 0  # Whoever read our output has had enough.
    except OSError as error:  # A full disk, say, or a folder that may not be written to.
        _give_up_stdout()
        return _refused(f"{error.filename}: {error.strerror}" if error.filename else str(error))


def _refused(reason: str) -> int:
    print(f"posters: {reason}", file=sys.stderr)
    return 2


def _give_up_stdout() -> None:
    """Write what is left for stdout, or drop it, so that Python does not complain of it once more at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
