"""Import an optional dependency, or name the extra that installs it in one line."""

import importlib
from importlib.util import find_spec
from typing import Any

from posters.errors import MissingExtraError


def require(module: str, extra: str = "train") -> Any:
    """Import and return `module`, which the extra `extra` of this package installs.

    Raises:
        MissingExtraError: the module is not installed; the message has the command that installs it.

    Examples:
        >>> require("json").loads("[1]")
        [1]
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        # A package that is installed but lacks a dependency of its own is broken, not missing.
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        raise _missing(package, extra) from error


def check_installed(*modules: str, extra: str = "train") -> None:
    """Check early, without importing them, that `modules` are installed.

    Raises:
        MissingExtraError: as in `require`.

    Examples:
        >>> check_installed("json", "csv")
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
