"""What a head and a linear probe take on many posters: highest memory and CPU time, on drawn features.

    python scripts/many_features.py --posters 50000 --posters 1000000

Features are drawn, (N, 1280) of float32, and written to a file, 5 GB for a million, which is removed afterwards. Each
size runs in a process of its own. One strength of the regression is tried, its solver takes `--iterations` steps at
most, there are two folds for out-of-fold scores, and the head learns for one epoch: more of any of these take more time
and no more memory. Memory is that of the process's own pages (`RssAnon`), looked at 20 times a second; pages of the
mapped file, which the kernel takes back when it needs them, are not counted. What TensorFlow takes before is.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

_FEATURES, _GENRES, _DRAWN = 1280, 20, 10_000


def main() -> None:
    """Print a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posters", type=int, action="append", required=True, help="how many; may be repeated")
    parser.add_argument("--iterations", type=int, default=5, help="most steps of the regression's solver")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        measure(options.posters[0], options.iterations)
        return
    print("| posters | step | CPU time | highest memory |\n| ---: | --- | ---: | ---: |", flush=True)
    for size in options.posters:
        own = ["--posters", str(size), "--iterations", str(options.iterations), "--here"]
        subprocess.run([sys.executable, __file__, *own], check=True)


def measure(size: int, iterations: int) -> None:
    """Print the rows of one size."""
    from posters.baselines import linear_probe
    from posters.baselines.linear_probe import fit_probe, out_of_fold_scores
    from posters.config import TrainConfig
    from posters.network.data import Batches
    from posters.network.features import head_scores
    from posters.network.fit import FitState, compile_model, fit
    from posters.network.losses import make_loss
    from posters.network.model import build_head, start_head

    linear_probe.STRENGTHS, linear_probe.WEAKER, linear_probe.MOST_STEPS = (1e-3,), (), iterations
    with tempfile.TemporaryDirectory() as folder:
        features, y = drawn(size, Path(folder) / "features.npy")
        train, validation = np.arange(size * 4 // 5), np.arange(size * 4 // 5, size)
        with watched(size, "nothing yet"):
            time.sleep(0.1)
        with watched(size, "logistic regression"):
            probe = fit_probe(features, y, train, validation)
        with watched(size, "scores of all posters"):
            probe.score(features)
        with watched(size, "out-of-fold scores, two folds"):
            out_of_fold_scores(features, y, np.arange(size), folds=2)
        with watched(size, "the head, one epoch"):
            config = TrainConfig()
            head = build_head(config, _FEATURES, _GENRES)
            start_head(head, features, train, y[train].mean(axis=0), "sigmoid")
            batches = Batches(features, y, train, config.head_batch_size, 0)
            compile_model(head, make_loss(config.loss, y[train].mean(axis=0)), 1e-3, 0.0)
            path = Path(folder) / "head.npz"
            fit(FitState("head", head, 0.0), batches, lambda: {"macro_map": 0.0}, epochs=1, patience=1, checkpoint=path)
        with watched(size, "its scores of validation"):
            head_scores(head, features, validation)


def drawn(size: int, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Write features (N, F), skewed as pooled activations are; return them, mapped, and labels that depend on them."""
    rng, rows = np.random.default_rng(0), np.lib.format.open_memmap(path, "w+", np.float32, (size, _FEATURES))
    y = np.empty((size, _GENRES), np.uint8)
    pool = rng.gamma(0.5, 2.0, (_DRAWN, _FEATURES)).astype(np.float32)
    for start in range(0, size, _DRAWN):
        block = rng.permutation(pool)[: size - start] * rng.gamma(4.0, 0.25, (_FEATURES,)).astype(np.float32)
        rows[start : start + len(block)] = block
        y[start : start + len(block)] = block[:, :_GENRES] + rng.normal(size=(len(block), _GENRES)) > 2
    rows.flush()
    del rows
    return np.load(path, mmap_mode="r"), y


@contextmanager
def watched(size: int, step: str) -> Iterator[None]:
    """Print what the block took."""
    ended, highest = threading.Event(), [own_memory()]

    def look() -> None:
        while not ended.wait(0.05):
            highest[0] = max(highest[0], own_memory())

    watcher, began = threading.Thread(target=look), time.process_time()
    watcher.start()
    yield
    ended.set()
    watcher.join()
    spent = time.process_time() - began
    print(f"| {size:,} | {step} | {spent:.1f} s | {highest[0] / 2**20:,.0f} MiB |", flush=True)


def own_memory() -> int:
    """Return the bytes of this process's own pages."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("RssAnon:")[2].split()[0]) * 1024


if __name__ == "__main__":
    main()
