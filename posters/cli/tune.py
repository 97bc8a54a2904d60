"""`posters tune`: search for the options of a run's head."""

import argparse
from pathlib import Path
from typing import Any

_DESCRIPTION = (
    "Search for the learning rate, weight decay, dropout and loss of a run's head, on the features that it has kept. "
    "Each trial learns from the run's training posters and is judged by its validation posters; the test posters take "
    "no part. An interrupted search resumes. The options of the best trial are written to the run, for posters train "
    "--config."
)


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("tune", help="search for the options of a run's head", description=_DESCRIPTION)
    parser.add_argument("directory", type=Path, metavar="RUN", help="a run of posters train")
    trials = "how many trials there are to be, with those of earlier searches (default: 20)"
    parser.add_argument("--trials", type=int, default=20, metavar="N", help=trials)
    cache = "where packed posters and features are kept (default: $POSTERS_CACHE, or posters in your cache folder)"
    parser.add_argument("--cache", type=Path, metavar="DIR", help=cache)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from posters.tasks.tune import tune

    tuning = tune(options.directory, options.trials, options.cache)
    names = list(tuning.trials[0].options)
    print("  ".join(["trial", "macro mAP", *names]))
    for trial in tuning.trials:
        values = (trial.options[name] for name in names)
        shown = [f"{value:.3g}" if isinstance(value, float) else str(value) for value in values]
        cells = [f"{trial.number:>5}", f"{trial.score:9.4f}", *map(str.rjust, shown, map(len, names))]
        print("  ".join(cells) + ("  stopped early" if trial.stopped else ""))
    print(f"posters train TABLE --config {tuning.path} --run NEW trains with the best of them")
    return 0
