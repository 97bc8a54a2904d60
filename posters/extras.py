"""Import an optional dependency, or say in one line which extra brings it."""

import importlib
from importlib.util import find_spec
from typing import Any

from posters.errors import MissingExtraError


def require(module: str, extra: str = "train") -> Any:
    """Import and return `module`, which the extra `extra` of this package installs.

    Raises:
        MissingExtraError: it is not installed; the message is the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        raise _missing(package, extra) from error


def check_installed(*modules: str, extra: str = "train") -> None:
    """Find out early, and without importing them, whether `modules` are there.

    Raises:
        MissingExtraError: as in `require`.
    """
    for module in modules:
        try:
            found = find_spec(module) is not None
        except ModuleNotFoundError:
            found = False
        if not found:
            raise _missing(module, extra)


def _missing(package: str, extra: str) -> MissingExtraError:
    return MissingExtraError(f"{package} is not installed, and this needs it: run `pip install 'posters[{extra}]'`")
