"""The command line: parse, call one function, print. Each command is a file of its own.

An installed package adds commands by naming them under the entry-point group `posters.commands`; each entry is a module
with `add_parser(commands)`, like those here:

    [project.entry-points."posters.commands"]
    shout = "my_package.shout"

Exit codes: 0, all was done; 1, some posters could not be read, and the rest was done; 2, nothing was done, and stderr
gives the reason; 130, interrupted; 143, terminated.
"""

import argparse
import atexit
import gc
import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

from posters import __version__
from posters._base.interrupts import Terminated, raise_terminated
from posters._base.text import did_you_mean
from posters.errors import ConfigError, MissingExtraError, PostersError, options_named

ENTRY_POINTS = "posters.commands"
COMMANDS = (
    "start",
    "catalogue",
    "audit",
    "pack",
    "train",
    "tune",
    "cross-validate",
    "evaluate",
    "figures",
    "compare",
    "thresholds",
    "predict",
    "plan",
    "similar",
    "drift",
    "review",
    "serve",
    "export",
    "benchmark",
    "cache",
)

# Commands of separate packages, with what installs them: a tutorial's first line must not end in a riddle.
BESIDE = {"sample": "posters-sample; in a clone of the repository: pip install ./sample"}

# Python collects garbage at exit, which takes a tenth of the time of one poster and frees nothing that the system would
# not free anyway.
atexit.register(gc.freeze)


class _Parser(argparse.ArgumentParser):
    """Reports what is wrong in one line, like every other error, and not below a page of options."""

    def error(self, message: str) -> NoReturn:
        command, meant = self.prog, ""
        if message.startswith(_UNKNOWN):
            # The root reports what no command has taken, and knows neither the command nor its options.
            command, known = _asked_for(self)
            word = next((word for word in message.removeprefix(_UNKNOWN).split() if word.startswith("-")), "")
            meant = did_you_mean(word.partition("=")[0], known, "") if word else ""
        elif (found := _CHOICE.search(message)) is not None:
            meant = did_you_mean(found[1], re.findall(r"[^\s',()]+", found[2]), "")
        self.exit(2, f"posters: {message}{meant}; see {command} --help\n")


class _PrintCompletion(argparse.Action):
    """Prints the completion of a shell, as --help prints the help."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: object, values: Any, option: object = None) -> None:
        from posters._base.optional_imports import require

        print(require("shtab", "completion").complete(parser, values))
        parser.exit()


_COMPLETION = "print what a shell completes the command line by; needs posters[completion]"
_SHELLS = ("bash", "zsh", "tcsh")
_UNKNOWN = "unrecognized arguments: "
_CHOICE = re.compile(r"invalid choice: '([^']*)' \(choose from (.*)\)")


def _asked_for(root: argparse.ArgumentParser) -> tuple[str, list[str]]:
    """Return the command that was parsed last, as it is called, and its options."""
    # argparse has no public way from a parser to its commands.
    for action in root._actions:
        if isinstance(action, argparse._SubParsersAction) and len(action.choices) == 1:
            (own,) = action.choices.values()
            return own.prog, [word for each in own._actions for word in each.option_strings]
    return root.prog, []


def parser(command: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of the whole command line, or of one of this package's commands alone.

    One of many commands is needed: building all parsers would take a tenth of the time that one poster takes.
    """
    root = _Parser(prog="posters", description="Movie posters to genres, honestly.")
    root.add_argument("-V", "--version", action="version", version=f"posters {__version__}")
    root.add_argument("--print-completion", choices=_SHELLS, action=_PrintCompletion, help=_COMPLETION)
    parsers = root.add_subparsers(metavar="COMMAND", required=True)
    known = command in COMMANDS
    for name in (str(command),) if known else COMMANDS:
        import_module(f"posters.cli.{name.replace('-', '_')}").add_parser(parsers)
    for name, entry in () if known else _installed_commands().items():
        try:
            entry.load().add_parser(parsers)
        # Somebody else's module may raise anything.
        except Exception as error:
            raise ConfigError(f"the command {name} ({entry.value}) can't be added: {error}") from error
    return root


def _installed_commands() -> dict[str, Any]:
    """Return the entry points of other packages' commands, by the commands' names."""
    # Here, because it takes 10 ms of every start.
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # Closed by whoever started this process, as some services do; what is written there goes nowhere.
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    for stream in (sys.stdout, sys.stderr):
        # File names may hold bytes that are no text.
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    raise_terminated()
    words = sys.argv[1:] if arguments is None else arguments
    with options_named():
        return _run(words)


def _run(words: Sequence[str]) -> int:
    try:
        command = words[0] if words else ""
        if command in BESIDE and command not in _installed_commands():
            raise MissingExtraError(f"posters {command} needs the package {BESIDE[command]}")
        options = parser(command).parse_args(words)
        _settle(options)
        code: int = options.run(options)
        # Not left to the interpreter's exit: a closed pipe or a full disk must be an error that this function handles.
        sys.stdout.flush()
    except PostersError as error:
        return _refused(str(error))
    except Terminated:
        print("posters: terminated", file=sys.stderr)
        return 143
    except KeyboardInterrupt:
        print("posters: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        _give_up_stdout()
        # As `head` does it: the reader has read enough.
        return 0
    # A full disk, say, or a folder that may not be written to.
    except OSError as error:
        _give_up_stdout()
        return _refused(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    return code


def _settle(options: argparse.Namespace) -> None:
    """Settle what holds for the whole process."""
    if getattr(options, "image_memory", None) is not None:
        from posters.images.limits import set_image_memory

        set_image_memory(options.image_memory)
    if getattr(options, "allow_private", False):
        from posters.images.downloading import allow_private_redirects

        allow_private_redirects()


def _refused(reason: str) -> int:
    print(f"posters: {reason}", file=sys.stderr)
    return 2


def _give_up_stdout() -> None:
    """Write what is left for stdout, or drop it, so that Python does not report it again at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
