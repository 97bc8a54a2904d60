"""Options that several commands share."""

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from posters._base.regular_files import open_regular
from posters.config import PreprocessConfig, TrainConfig, read_config, read_table_options, with_options
from posters.errors import ConfigError
from posters.models import POSTERS

if TYPE_CHECKING:
    from posters.catalogue import Catalogue
    from posters.review import Corrections

# posters.catalogue.SPLITS, which --help need not wait for.
SPLITS = ("train", "validation", "test")
_SEPARATOR_HELP = "what joins genres in a cell, such as ' & ' (default: |, a line break, ; or ,)"
_EMPTY_HELP = "what an empty cell means in a table with a column of 0 and 1 for each genre (default: no)"
_LOST_HELP = "the share of the rows that may be left out, such as 0.5 for half of them (default: 0.1)"
_CORRECTIONS_HELP = (
    "genres to add and to remove: a report's label_issues.csv, its column accept filled with yes or no, or the "
    "database of posters review"
)
TABLES_HELP = (
    "a CSV or JSON table, its folder, or an address such as s3://bucket/posters.csv; several are read together"
)


def add_catalogue_options(parser: argparse.ArgumentParser, min_posters: int = 20) -> None:
    """Add the options for reading a table; `read_catalogue_from` follows them."""
    add_image_memory_option(parser)
    group = add_table_options(parser, "the catalogue")
    few = f"leave out genres with fewer posters (default: {min_posters})"
    group.add_argument("--min-posters", type=int, default=min_posters, metavar="N", help=few)
    alias = "another name of a genre, such as Suspense=Thriller; may be repeated"
    group.add_argument("--alias", action="append", default=[], metavar="OTHER=GENRE", help=alias)
    group.add_argument("--separator", metavar="TEXT", help=_SEPARATOR_HELP)
    group.add_argument("--empty", choices=("no", "unknown"), default="no", help=_EMPTY_HELP)
    group.add_argument("--max-lost", type=float, default=0.1, metavar="SHARE", help=_LOST_HELP)
    group.add_argument("--corrections", type=Path, metavar="CSV", help=_CORRECTIONS_HELP)


def add_table_options(parser: argparse.ArgumentParser, title: str, images: str = "beside the table") -> Any:
    """Add the options of every command that reads tables, under a heading; return their group."""
    group = parser.add_argument_group(title)
    # As text where it is an address: a path forgets one of its slashes.
    place = f"folder of the images (default: {images}); to predict, also one in a store, such as s3://bucket/posters"
    group.add_argument("--images", type=path_or_address, metavar="DIR", help=place)
    group.add_argument("--dialect", metavar="NAME", help="the table's dialect (default: detected)")
    column = "which column means what, such as image=Poster_Link or genres=tags; may be repeated"
    group.add_argument("--column", action="append", default=[], metavar="MEANING=NAME", help=column)
    download = "fetch images that the table has web addresses of into your cache, once each"
    group.add_argument("--download", action="store_true", help=download)
    private = "let web servers redirect to addresses that are not public, such as one of this network"
    group.add_argument("--allow-private", action="store_true", help=private)
    return group


def path_or_address(text: str) -> Path | str:
    """Return what a word names: a path, or the address of something in a store.

    Examples:
        >>> path_or_address("scans"), path_or_address("s3://bucket/posters")
        (PosixPath('scans'), 's3://bucket/posters')
    """
    # Here, because --help need not wait for it.
    from posters.images.object_store import is_stored

    return text if is_stored(text) else Path(text)


def table_options(options: argparse.Namespace) -> dict[str, Any]:
    """Return what `add_table_options` added, as arguments of the functions that read tables.

    Raises:
        ConfigError: a --column is malformed.

    Examples:
        >>> parser = argparse.ArgumentParser()
        >>> group = add_table_options(parser, "the catalogue")
        >>> table_options(parser.parse_args(["--column", "genres=tags"]))
        {'images': None, 'dialect': None, 'columns': {'genres': 'tags'}, 'download': False}
    """
    return {
        "images": options.images,
        "dialect": options.dialect,
        "columns": parse_pairs(options.column, "--column", "MEANING=NAME"),
        "download": options.download,
    }


def add_recursive_option(parser: Any) -> None:
    """Add the option that takes the images of sub-folders, too."""
    parser.add_argument("--recursive", action="store_true", help="of a folder, take the images of its sub-folders too")


def add_classifier_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that names a classifier."""
    description = (
        "a classifier directory, a run that holds one, or a file of posters export (.tflite, .onnx) or its SavedModel; "
        "hf://OWNER/NAME@REVISION is on the Hugging Face Hub; posters comes with the package (default: posters)"
    )
    parser.add_argument("--classifier", default=POSTERS, metavar="PATH", help=description)


def add_threads_option(parser: argparse.ArgumentParser) -> None:
    """Add the options for how many posters are computed at a time, and in how much memory."""
    description = "posters computed at a time, if there are many (default: the number of cores)"
    parser.add_argument("--threads", type=int, metavar="N", help=description)
    add_image_memory_option(parser)


def add_image_memory_option(parser: argparse.ArgumentParser) -> None:
    """Add the option for how much memory decoding may take; `posters.cli` follows it."""
    description = "memory that decoding may take, all threads together; larger images are refused (default: 1)"
    parser.add_argument("--image-memory", type=float, metavar="GB", help=description)


def add_listen_options(parser: argparse.ArgumentParser, port: int) -> None:
    """Add the options for where a server listens."""
    host = "address to listen on; 127.0.0.1 accepts connections from this machine only (default: 127.0.0.1)"
    parser.add_argument("--host", default="127.0.0.1", metavar="HOST", help=host)
    parser.add_argument("--port", type=int, default=port, metavar="N", help=f"0 for any free one (default: {port})")


def add_proxy_options(group: Any) -> None:
    """Add the options for how a server fits into its surroundings; `server_options` follows them."""
    root = "path below which a proxy serves it, such as /posters, where it sends no X-Forwarded-Prefix"
    group.add_argument("--root-path", metavar="PATH", help=root)
    host = "another name of this server than localhost; requests for other names are refused; may be repeated"
    group.add_argument("--allow-host", action="append", default=[], metavar="NAME", help=host)
    key = "file with API keys, one per line; one of them is then needed for all but the page and /healthz"
    group.add_argument("--api-key-file", type=Path, metavar="FILE", help=key)
    log = "form of the line on stdout about each request: json or text (default: none)"
    group.add_argument("--log", choices=("json", "text", "none"), default="none", help=log)


def server_options(options: argparse.Namespace) -> dict[str, Any]:
    """Return what `add_proxy_options` added, as arguments of `posters.serve.ServerOptions`.

    Raises:
        ConfigError: the file of keys can't be used.
    """
    from posters.serve.access import read_keys

    return {
        "root_path": options.root_path or "",
        "hosts": tuple(options.allow_host),
        "api_keys": read_keys(options.api_key_file) if options.api_key_file else (),
        "log": options.log,
    }


def add_output_options(
    parser: argparse.ArgumentParser, formats: Sequence[str], path: Callable[[str], Any] = Path, more: str = ""
) -> Any:
    """Add the options of every command that prints a result for each poster; return their group."""
    group = parser.add_argument_group("output")
    form = "format of the results (default: by the suffix of --output, or table)"
    group.add_argument("--format", choices=formats, help=form)
    output = "write the results to this file instead of stdout; it is replaced as a whole or not at all"
    group.add_argument("--output", type=path, metavar="FILE", help=output + more)
    return group


def add_engine_options(parser: argparse.ArgumentParser, work: str) -> None:
    """Add the options for who does the work; `engine_options` reads them."""
    group = parser.add_argument_group("more than one machine")
    engine = f"who {work}: this process, or a Ray cluster that sees the same files (default: local)"
    group.add_argument("--engine", choices=("local", "ray"), help=engine)
    address = "of the Ray cluster (default: RAY_ADDRESS, else workers on this machine that end with the command)"
    group.add_argument("--address", metavar="HOST:PORT", help=address)


def engine_options(options: argparse.Namespace) -> dict[str, Any]:
    """Return those options of `add_engine_options` that were given, as arguments.

    Examples:
        >>> engine_options(argparse.Namespace(engine="ray", address=None))
        {'engine': 'ray'}
    """
    return {name: value for name in ("engine", "address") if (value := getattr(options, name)) is not None}


def read_catalogue_from(
    options: argparse.Namespace, *, min_posters: int | None = None, report: bool = True
) -> "Catalogue":
    """Read the table by the options; `min_posters` overrides theirs."""
    from posters.catalogue import read_catalogue

    if options.corrections and _is_database(options.corrections):
        from tempfile import TemporaryDirectory

        with TemporaryDirectory() as folder:
            # Under its own name, which messages have.
            written = Path(folder) / options.corrections.name
            plain = argparse.Namespace(**vars(options) | {"corrections": None})
            # With rare genres: a correction may make one common.
            found = write_corrections(
                read_catalogue_from(plain, min_posters=1, report=False), options.corrections, written
            )
            plain.corrections = written if found else None
            return read_catalogue_from(plain, min_posters=min_posters, report=report)
    return read_catalogue(
        options.table,
        **table_options(options),
        min_posters=options.min_posters if min_posters is None else min_posters,
        aliases=parse_pairs(options.alias, "--alias", "OTHER=GENRE"),
        separator=options.separator,
        **{name: getattr(options, name) for name in ("corrections", "empty", "max_lost")},
        report=report,
    )


def _is_database(path: Path) -> bool:
    """Return whether a file is a database, by its first bytes (SQLite's file format, 1.3.1)."""
    try:
        with open_regular(path) as file:
            return file.read(16) == b"SQLite format 3\0"
    except OSError:
        return False  # Reading it tells why.


def write_corrections(catalogue: "Catalogue", db: Path, target: Path | None) -> int:
    """Write what a review decided as corrections, and log what could not become one.

    Args:
        catalogue: with its labels as they are.
        db: the database of the review.
        target: a file; None for standard output.

    Returns:
        how many corrections there are.

    Raises:
        ReviewError: the database can't be used, or is about other posters.
    """
    from posters.cli.output import write_lines

    found = corrections_from(catalogue, db)
    write_lines(found.lines(), target, mark=True)
    return len(found.rows)


def corrections_from(catalogue: "Catalogue", db: Path) -> "Corrections":
    """Return what a review decided as corrections, and log what could not become one.

    Args:
        catalogue: with its labels as they are.
        db: the database of the review.

    Raises:
        ReviewError: the database can't be used, or is about other posters.
    """
    from posters._base.log import logger
    from posters.review.corrections import corrections_of
    from posters.review.decisions import DecisionStore
    from posters.review.review import check_table

    store = DecisionStore(db)
    check_table(store, catalogue)
    found = corrections_of(catalogue, store.standing())
    for note in found.notes if found.rows else (f"{db} changes no label", *found.notes):
        logger.warning(note)
    return found


def parse_pairs(pairs: Iterable[str], option: str, form: str) -> dict[str, str]:
    """Return what stands on the right of each name on the left.

    Args:
        pairs: as typed, "left=right".
        option: that they were given to, for messages.
        form: of a pair, for messages.

    Raises:
        ConfigError: a pair is not of this form, or two pairs disagree.

    Examples:
        >>> parse_pairs(["Suspense=Thriller", "Sci-Fi = Science Fiction"], "--alias", "OTHER=GENRE")
        {'Suspense': 'Thriller', 'Sci-Fi': 'Science Fiction'}
    """
    found: dict[str, str] = {}
    for pair in pairs:
        left, _, right = (part.strip() for part in pair.partition("="))
        if not (left and right):
            raise ConfigError(f"{option} must be {form}, but got {pair!r}")
        if found.setdefault(left, right) != right:
            raise ConfigError(f"{option} gives {left!r} both {found[left]!r} and {right!r}: leave one of them out")
    return found


def add_config_options(parser: argparse.ArgumentParser) -> None:
    """Add an option for each field of the configs; `config_options` reads them."""
    group = parser.add_argument_group("training")
    group.add_argument("--config", type=Path, metavar="TOML", help="read these options from a file; others overrule it")
    for entry in fields(TrainConfig):
        # The others are what a config file has in sections of their own.
        if entry.metadata:
            _add_option(group, entry)
    # The rest of what a config file has in sections is for files alone.
    group.add_argument(
        "--table-weight", type=_named_weight, action="append", metavar="TABLE=X", default=argparse.SUPPRESS,
        help="of several tables, how much the posters of one count in training, above 0 and at most 1; may be repeated",
    )  # fmt: skip
    group = parser.add_argument_group("preprocessing")
    for entry in fields(PreprocessConfig):
        _add_option(group, entry)
    # Accepted here, so that the config can refuse it with its reason: class weights spoil the calibration.
    parser.add_argument("--class-weight", nargs="?", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def _add_option(group: Any, entry: Any) -> None:
    flag = "--" + entry.name.replace("_", "-")
    default = ("no", "yes")[entry.default] if entry.type is bool else entry.default
    shown = f"{entry.metadata['help']} (default: {default})".replace("%", "%%")
    # SUPPRESS: an option that was not given must not overrule --config, so it is not set at all.
    if entry.type is bool:
        group.add_argument(flag, action=argparse.BooleanOptionalAction, default=argparse.SUPPRESS, help=shown)
    elif get_origin(entry.type) is Literal:
        group.add_argument(flag, choices=get_args(entry.type), default=argparse.SUPPRESS, help=shown)
    else:
        metavar = {int: "N", float: "X", str: "NAME"}[entry.type]
        group.add_argument(flag, type=entry.type, metavar=metavar, default=argparse.SUPPRESS, help=shown)


def config_options(options: argparse.Namespace) -> dict[str, Any]:
    """Return those options of the configs that were given."""
    names = {entry.name for entry in (*fields(TrainConfig), *fields(PreprocessConfig))} | {"class_weight"}
    given = {name: value for name, value in vars(options).items() if name in names}
    weights = getattr(options, "table_weight", None)
    return given if weights is None else {**given, "table_weights": dict(weights)}


def _named_weight(text: str) -> tuple[str, float]:
    """Parse TABLE=X."""
    name, _, number = text.rpartition("=")
    try:
        return name, float(number)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be TABLE=X, such as others.csv=0.1, but got {text!r}") from None


def config_from(options: argparse.Namespace, run: Path) -> TrainConfig:
    """Return the config of --config, or that of a run that is resumed, with what the other options overrule.

    Args:
        options: those of `add_config_options`, and `resume`.
        run: the directory of the run.

    Raises:
        ConfigError: an option has an invalid value, or a file can't be read.

    Examples:
        >>> parser = argparse.ArgumentParser()
        >>> add_config_options(parser)
        >>> options = parser.parse_args(["--epochs", "3"], argparse.Namespace(resume=False))
        >>> config_from(options, Path("runs/none")).epochs
        3
    """
    # Here, because --help need not wait for it.
    from posters.runs import Run

    if options.config:
        base = read_config(options.config)
    else:
        # A resumed run keeps its own config, so that nobody has to repeat its options.
        base = Run(run).config() if options.resume and Run(run).started else TrainConfig()
    return with_options(base, **config_options(options))


def follow_table_options(options: argparse.Namespace) -> None:
    """Set what --config has about tables where no option was given.

    Raises:
        ConfigError: the file can't be read.

    Examples:
        >>> follow_table_options(argparse.Namespace(config=None))
    """
    if not options.config:
        return
    table = read_table_options(options.config)
    options.separator = options.separator or table.get("separator")
    options.dialect = options.dialect or table.get("dialect")
    columns = table.get("columns", {}) | parse_pairs(options.column, "--column", "MEANING=NAME")
    options.column = [f"{meaning}={name}" for meaning, name in columns.items()]
