"""Write the scorecard of docs/reliability.md from what `scripts/soak` printed.

    python -m scripts.soaking.scorecard readers.json runs.json server.json

The counts are kept in docs/soak.json; readers and jobs that no file has stay as they were there.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

_DOCS = Path(__file__).parents[2] / "docs"
KEPT, PAGE = _DOCS / "soak.json", _DOCS / "reliability.md"
_COLUMNS = "| what | tried | what happened |\n| --- | --- | --- |"
_GROUPS = {
    "table: ": "tables, of every format and dialect",
    "--into ": "tables that predictions are written back into",
    "image: ": "images",
    "packed: ": "packed posters and their journals",
    "index: ": "indexes of look-alikes",
    "features: ": "frozen features",
    "export: ": "exports as classifiers: what they tell of themselves",
    "predicted part": "predictions in parts",
    "Label Studio: ": "exports of Label Studio",
    "genres in a cell": "lists of genres in a cell",
    "Open Inference request: ": "requests of the Open Inference Protocol",
}
# Which part a file is of: the key that no other has.
_PARTS = {"readers": "readers", "guided": "guided", "jobs": "runs", "requests": "server"}
_MOMENTS = {"before": "before the first request", "warm": "after 10 s", "after": "in the end"}


def readers_rows(counts: dict[str, Any]) -> list[str]:
    """Return a row for each kind of file: how many damaged copies were read, and what became of them."""
    return _rows_of_groups(counts["readers"], "damaged copies")


def guided_rows(counts: dict[str, Any]) -> list[str]:
    """Return a row for each kind of file that was made by what it reaches."""
    return _rows_of_groups(counts["guided"], "files guided by coverage")


def _rows_of_groups(found_of: dict[str, Any], what: str) -> list[str]:
    groups: dict[str, Counter[str]] = {}
    for name, outcomes in found_of.items():
        group = next((title for start, title in _GROUPS.items() if name.startswith(start)), name)
        groups.setdefault(group, Counter()).update(outcomes)
    return [f"| {group} | {found.total():,} {what} | {_told(found)} |" for group, found in groups.items()]


def runs_rows(counts: dict[str, Any]) -> list[str]:
    """Return a row for each job: how often it was killed, and how often it left the same files."""
    rows = []
    for name, each in counts["jobs"].items():
        happened = Counter(each["happened"])
        inside, moment = (happened.pop(f"killed {how}", 0) for how in ("inside a write", "at a moment"))
        happened.pop("ended before", None)
        apart = f" (apart from {', '.join(Path(path).name for path in left)})" if (left := each["not compared"]) else ""
        same = f"{happened.pop('same', 0):,} times the same files to the bit{apart}"
        told = ", ".join([same, *(f"**{count:,} {what}**" for what, count in happened.items())])
        rows.append(f"| {name} | {inside:,} kills inside a write, {moment:,} at a random moment | {told} |")
    return rows


def server_rows(counts: dict[str, Any]) -> list[str]:
    """Return a row for the good requests, one for each kind of malformed ones, and one for time and memory."""
    rows: dict[str, Counter[str]] = {}
    for key, count in counts["requests"].items():
        kind, _, status = key.rpartition(" ")
        rows.setdefault(kind.replace("_", " "), Counter())[status] += count
    # In this order; earlier counts have no first one.
    measured = [(moment, counts["resident_kb"].get(when)) for when, moment in _MOMENTS.items()]
    resident = [f"{kilobytes // 1024} MB resident {moment}" for moment, kilobytes in measured if kilobytes]
    load = f"{counts['clients']} clients for {counts['minutes']:g} minutes"
    told = f"good requests took {counts['good_median_s']:.1f} s (median) and {counts['good_p99_s']:.1f} s (99 of 100)"
    answers = {
        kind: ", ".join(f"{count:,} times {status}" for status, count in found.most_common())
        for kind, found in sorted(rows.items())
    }
    table = [f"| requests: {kind} | {rows[kind].total():,} | {answer} |" for kind, answer in answers.items()]
    return [*table, f"| the server | {load} | {told}; {', '.join(resident)} |"]


def _told(found: Counter[str]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in found.most_common())


def with_scorecard(page: str, kept: dict[str, Any]) -> str:
    """Return a page with the table of all counts between its markers."""
    rows = {"readers": readers_rows, "guided": guided_rows, "runs": runs_rows, "server": server_rows}
    lines = [_COLUMNS, *(row for part in rows if part in kept for row in rows[part](kept[part]))]
    begin, end = "<!-- soak: begin -->\n", "<!-- soak: end -->"
    return page[: page.index(begin) + len(begin)] + "\n".join(lines) + "\n" + page[page.index(end) :]


def merged(kept: dict[str, Any], counts: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept, with the counts of one file; readers and jobs are kept one by one.

    Of a soak that was interrupted, those that it had not come to stay as they are.
    """
    part, key = next((part, key) for key, part in _PARTS.items() if key in counts)
    if part != "server":
        counts = {key: kept.get(part, {}).get(key, {}) | {name: each for name, each in counts[key].items() if each}}
    return kept | {part: counts}


def main(files: list[str]) -> None:
    """Keep the counts of files, and write the scorecard from all that are kept."""
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    for file in files:
        kept = merged(kept, json.loads(Path(file).read_text()))
    KEPT.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n")
    # As it is kept, which is in another order.
    PAGE.write_text(with_scorecard(PAGE.read_text(), json.loads(KEPT.read_text())))


if __name__ == "__main__":
    main(sys.argv[1:])
