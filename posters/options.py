"""Options of the configs: each is a dataclass field with its own help text and range."""

from dataclasses import Field, field, fields
from typing import Any, Literal, TypeVar, get_args, get_origin

from posters.extensions import Registry

ConfigT = TypeVar("ConfigT", bound=type)


def option(
    default: Any,
    help_text: str,
    minimum: float | None = None,
    maximum: float | None = None,
    registry: Registry[Any] | None = None,
) -> Any:
    """Declare a field of a config.

    Args:
        default: its default value.
        help_text: what the command line shows.
        minimum: smallest value allowed.
        maximum: largest value allowed.
        registry: holds the names that the value may have, built-in and registered ones.

    Returns:
        A dataclass field.

    Examples:
        >>> option(3, "number of turns", 1, 9).metadata["help"]
        'number of turns'
    """
    metadata = {"help": help_text, "minimum": minimum, "maximum": maximum, "registry": registry}
    return field(default=default, metadata=metadata)


def described(entry: Field[Any]) -> str:
    """Return an option's help text, its values and its default.

    Examples:
        >>> from posters.config import PreprocessConfig
        >>> described(fields(PreprocessConfig)[0])
        "height of the network's input, in pixels (from 16, up to 4,096, default 384)"
    """
    low, high = entry.metadata.get("minimum"), entry.metadata.get("maximum")
    ends = [f"from {low:,}" if low is not None else "", f"up to {high:,}" if high is not None else ""]
    if get_origin(entry.type) is Literal:
        ends = ["one of " + ", ".join(map(repr, get_args(entry.type)))]
    return f"{entry.metadata['help']} ({', '.join([*filter(None, ends), f'default {entry.default!r}'])})"


def documented(config: ConfigT) -> ConfigT:
    """Add the options of a config to its docstring, each with its help text, values and default.

    Examples:
        >>> from posters.config import TrainConfig
        >>> "    dropout: share of the pooled features hidden at each step" in TrainConfig.__doc__
        True
    """
    lines = [f"        {entry.name}: {described(entry)}." for entry in fields(config) if "help" in entry.metadata]
    head, examples, rest = (config.__doc__ or "").partition("    Examples:")
    config.__doc__ = f"{head}    Attributes:\n" + "\n".join(lines) + f"\n\n{examples}{rest}"
    return config
