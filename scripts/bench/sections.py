"""The sections by name, and how one is measured."""

import importlib
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from typing import Any

from scripts.bench.bench import Bench
from scripts.bench.machine import machine

# Name: title, module, function. In the order of the page.
SECTIONS = {
    "cold": ("A new process", "cold", "contests"),
    "one-core": ("The network alone, on one core", "warm", "contests_on_one_core"),
    "two-cores": ("The network alone, on two cores", "warm", "contests_on_two_cores"),
    "precisions": ("Fewer bits", "precisions", "contests"),
    "server": ("The server", "server", "contests"),
    "decoding": ("Decoding", "decoding", "contests"),
    "feed": ("Feeding the training", "feed", "contests"),
    "catalogue-size": ("Large catalogues", "catalogue_size", "contests"),
    "second-head": ("A second head", "second_head", "contests"),
    "evaluating": ("The report", "evaluating", "contests"),
    "limits": ("Against the limit", "limits", "contests"),
    "million": ("A million rows", "million", "contests"),
    "short": ("In short", "short", "contests"),
}

# Sections that never look at real posters.
_WITHOUT = {
    "catalogue-size": "drawn posters under many names",
    "evaluating": "drawn scores",
    "million": "drawn tables",
    "short": "drawn posters and scores",
}


def measured(name: str, bench: Bench) -> dict[str, Any]:
    """One section, in a process of its own: threads and memory of one must not weigh on the next."""
    title, before = SECTIONS[name][0], machine()
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        introduction, contests = process.submit(_contests, name, bench).result()
    posters = _WITHOUT.get(name, "real posters" if bench.table else "drawn posters")
    return {
        "name": name,
        "title": title,
        "introduction": introduction,
        "day": datetime.now(UTC).date().isoformat(),
        "posters": posters,
        "machine": before,
        "contests": contests,
    }


def _contests(name: str, bench: Bench) -> tuple[str, list[dict[str, Any]]]:
    """Its introduction, and its contests as plain data."""
    _, module_name, function = SECTIONS[name]
    module = importlib.import_module(f"scripts.bench.{module_name}")
    contests = getattr(module, function)(bench)
    return (module.__doc__ or "").strip(), [contest.to_dict() for contest in contests]
