"""`posters serve`: a page and an API that predict."""

import argparse
from typing import Any

from posters.models import POSTERS


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "serve",
        help="predict on a web page and over an API",
        description="Serve a classifier: a page to drop posters on, and an API. Ends with Ctrl-C.",
    )
    parser.add_argument(
        "--classifier",
        default=POSTERS,
        metavar="DIR",
        help="a classifier directory, or a run that holds one; posters comes with the package (default: posters)",
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="HOST",
        help="address to listen on, by default for this machine alone (default: 127.0.0.1)",
    )
    parser.add_argument("--port", type=int, default=8000, metavar="N", help="0: any free one (default: 8000)")
    parser.add_argument(
        "--interpreters", type=int, metavar="N", help="posters computed at a time, a thread each (default: the cores)"
    )
    parser.add_argument(
        "--queue", type=int, default=64, metavar="N", help="posters that may wait; more are refused (default: 64)"
    )
    parser.add_argument(
        "--max-upload", type=int, default=20, metavar="MB", help="that one request may have (default: 20)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from posters.extras import check_installed

    check_installed("fastapi", "uvicorn", "python_multipart", extra="serve")
    from posters.cores import cores
    from posters.errors import ConfigError
    from posters.log import logger
    from posters.serve import Pool, create_app, listening, serve
    from posters.serve.server import address_of

    if options.max_upload < 1:
        raise ConfigError(f"--max-upload must be at least 1, but got {options.max_upload}")
    interpreters = cores() if options.interpreters is None else options.interpreters
    with (
        listening(options.host, options.port) as listener,  # First: a port in use is noticed before anything is opened.
        Pool(options.classifier, interpreters, options.queue) as pool,
    ):
        logger.info(
            f"{address_of(listener)} serves {pool.classifier.directory}, {interpreters} at a time; Ctrl-C ends it"
        )
        serve(create_app(pool, options.max_upload * 1_000_000), listener)
    return 0
