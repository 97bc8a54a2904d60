"""Options that several commands share."""

import argparse
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from posters.config import PreprocessConfig, TrainConfig
from posters.errors import ConfigError

if TYPE_CHECKING:
    from posters.catalogue import Catalogue


def add_catalogue_options(parser: argparse.ArgumentParser, min_posters: int = 20) -> None:
    """How to read the table; `read_catalogue_from` obeys them."""
    group = parser.add_argument_group("the catalogue")
    group.add_argument("--images", type=Path, metavar="DIR", help="folder of the images (default: beside the table)")
    group.add_argument("--dialect", metavar="NAME", help="the table's dialect (default: recognised)")
    group.add_argument(
        "--min-posters",
        type=int,
        default=min_posters,
        metavar="N",
        help=f"leave out genres with fewer posters (default: {min_posters})",
    )
    group.add_argument(
        "--alias",
        action="append",
        default=[],
        metavar="OTHER=GENRE",
        help="another name of a genre, such as Suspense=Thriller; may be repeated",
    )
    group.add_argument(
        "--corrections",
        type=Path,
        metavar="CSV",
        help="genres to add and to remove: a report's label_issues.csv, its column accept filled with yes or no",
    )


def read_catalogue_from(
    options: argparse.Namespace, *, min_posters: int | None = None, report: bool = True
) -> "Catalogue":
    """Read the table as the options say; `min_posters` overrules theirs."""
    from posters.catalogue import read_catalogue

    return read_catalogue(
        options.table,
        options.images,
        dialect=options.dialect,
        min_posters=options.min_posters if min_posters is None else min_posters,
        aliases=_aliases(options.alias),
        corrections=options.corrections,
        report=report,
    )


def _aliases(pairs: list[str]) -> Mapping[str, str]:
    aliases: dict[str, str] = {}
    for pair in pairs:
        other, _, genre = (part.strip() for part in pair.partition("="))
        if not (other and genre):
            raise ConfigError(f"--alias must be OTHER=GENRE, but got {pair!r}")
        if aliases.setdefault(other, genre) != genre:
            raise ConfigError(f"--alias calls {other!r} both {aliases[other]!r} and {genre!r}: leave one of them out")
    return aliases


def add_config_options(parser: argparse.ArgumentParser) -> None:
    """An option for each field of the configs; those that are not given are not set."""
    group = parser.add_argument_group("training")
    group.add_argument("--config", type=Path, metavar="TOML", help="read these options from a file; others overrule it")
    for entry in fields(TrainConfig):
        if entry.name != "preprocess":
            _add_option(group, entry)
    group = parser.add_argument_group("preprocessing")
    for entry in fields(PreprocessConfig):
        _add_option(group, entry)
    # Known, so that it can be refused with its reason.
    parser.add_argument("--class-weight", nargs="?", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def _add_option(group: Any, entry: Any) -> None:
    flag = "--" + entry.name.replace("_", "-")
    shown = f"{entry.metadata['help']} (default: {_default(entry.default)})".replace("%", "%%")
    if entry.type is bool:
        group.add_argument(flag, action=argparse.BooleanOptionalAction, default=argparse.SUPPRESS, help=shown)
    elif get_origin(entry.type) is Literal:
        group.add_argument(flag, choices=get_args(entry.type), default=argparse.SUPPRESS, help=shown)
    else:
        group.add_argument(flag, type=entry.type, metavar=_METAVARS[entry.type], default=argparse.SUPPRESS, help=shown)


_METAVARS = {int: "N", float: "X", str: "NAME"}


def _default(value: Any) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def config_options(options: argparse.Namespace) -> dict[str, Any]:
    """Those options of the configs that were given."""
    names = {entry.name for entry in (*fields(TrainConfig), *fields(PreprocessConfig))} | {"class_weight"}
    return {name: value for name, value in vars(options).items() if name in names}
