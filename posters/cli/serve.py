"""`posters serve`: a web page and an API that predict genres."""

import argparse
from pathlib import Path
from typing import Any

from posters.cli.options import (
    add_classifier_option,
    add_image_memory_option,
    add_listen_options,
    add_proxy_options,
    server_options,
)


def add_parser(commands: Any) -> None:
    description = (
        "Serve a classifier: a page to drop posters on, and an API. Ctrl-C stops it. SIGHUP opens the classifier "
        "again, without an interruption, and so does a change of the link that names it."
    )
    parser = commands.add_parser("serve", help="predict on a web page and over an API", description=description)
    add_classifier_option(parser)
    add_listen_options(parser, 8000)
    interpreters = "posters computed at a time, a thread each (default: the number of cores)"
    parser.add_argument("--interpreters", type=int, metavar="N", help=interpreters)
    isolate = (
        "run each interpreter in a process of its own, which is replaced if it crashes (default: if the classifier "
        "neither comes with the package nor was written by this installation)"
    )
    parser.add_argument("--isolate", action=argparse.BooleanOptionalAction, help=isolate)
    queue = "posters that may wait; further ones are refused (default: 64)"
    parser.add_argument("--queue", type=int, default=64, metavar="N", help=queue)
    upload = "the largest request, in megabytes (default: 20)"
    parser.add_argument("--max-upload", type=int, default=20, metavar="MB", help=upload)
    _add_surroundings(parser.add_argument_group("behind a proxy, and beside other servers"))
    add_image_memory_option(parser)
    parser.set_defaults(run=run)


def _add_surroundings(group: Any) -> None:
    uds = "listen on a Unix socket instead; a socket that systemd passes is used without any option"
    group.add_argument("--uds", type=Path, metavar="PATH", help=uds)
    origin = "origin of a page that may use the API, such as https://catalogue.example; may be repeated"
    group.add_argument("--cors-origin", action="append", default=[], metavar="URL", help=origin)
    add_proxy_options(group)


def run(options: argparse.Namespace) -> int:
    from posters._base.optional_imports import check_installed

    check_installed("fastapi", "uvicorn", "python_multipart", "prometheus_client", extra="serve")
    from posters._base.log import logger
    from posters._base.threads import cores
    from posters.classifier import load_classifier
    from posters.errors import ConfigError
    from posters.serve import JobQueue, Reloader, ServerOptions, create_app, listening, serve
    from posters.serve.app import address_of, inherited_listener, listening_at
    from posters.serve.warm_up import warm_up

    if options.max_upload < 1:
        raise ConfigError(f"--max-upload must be at least 1, but got {options.max_upload}")
    interpreters = cores() if options.interpreters is None else options.interpreters
    surroundings = ServerOptions(
        max_bytes=options.max_upload * 1_000_000,
        cors_origins=tuple(options.cors_origin),
        **server_options(options),
    )
    with (
        # First: a port in use is noticed before a classifier is opened.
        inherited_listener()
        or (listening_at(options.uds) if options.uds else listening(options.host, options.port)) as listener,
        JobQueue(
            load_classifier(options.classifier, interpreters=interpreters, isolate=options.isolate), options.queue
        ) as queue,
    ):
        warm_up(queue)
        at_once = f"{queue.interpreters} at a time"
        logger.info(f"{address_of(listener)} serves {queue.classifier.directory}, {at_once}; Ctrl-C ends it")
        serve(create_app(queue, surroundings), listener, Reloader(queue, options.classifier))
    return 0
