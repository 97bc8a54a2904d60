"""An `Audit` as text for a terminal, as JSON and as CSV."""

import csv
import io
import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from posters.audit import KINDS, Audit, Finding
from posters.audit.wording import counted
from posters.files import replacing
from posters.report.columns import wrapped
from posters.report.tables import printable
from posters.spreadsheet import safe_cell

COLUMNS = ("severity", "kind", "message", "ids", "images", "genres", "advice")
_EXAMPLES = 3


def audit_summary(audit: Audit) -> str:
    """The verdict, and each kind of finding with a few examples and what to do, at most 100 columns wide."""
    kinds = groupby(audit.findings, key=lambda finding: finding.kind)
    return "\n\n".join([_verdict(audit), *(_block(list(findings)) for _, findings in kinds)]) + "\n"


def _verdict(audit: Audit) -> str:
    looked_at = f"{counted(audit.posters, 'poster')}, {counted(audit.genres, 'genre')}"
    what = [counted(count, severity) for severity, count in audit.counts().items() if count]
    found = f"{', '.join(what)}." if what else "nothing is wrong that an audit can see."
    split = "" if audit.split else " No split was looked at: the table has none, and --split names none."
    return wrapped(printable(f"{audit.table} ({looked_at}): {found}{split}"))


def _block(findings: Sequence[Finding]) -> str:
    kind = KINDS[findings[0].kind]
    lines = [wrapped(f"{counted(len(findings), kind.severity)}: {kind.name}. {kind.description}")]
    lines += [wrapped(printable(finding.message), "  - ", "    ") for finding in findings[:_EXAMPLES]]
    if len(findings) > _EXAMPLES:
        lines.append(f"  - and {len(findings) - _EXAMPLES:,} more")
    return "\n".join([*lines, wrapped(kind.advice, "  What to do: ", "    ")])


def audit_json(audit: Audit) -> str:
    """Everything, as `Audit.to_dict` has it."""
    return json.dumps(audit.to_dict(), indent=2, ensure_ascii=False) + "\n"


def audit_csv(audit: Audit) -> str:
    """A row for each finding; several ids, images or genres are joined by `|`. Spreadsheets run none of its cells."""
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow(COLUMNS)
    rows.writerows([safe_cell(_cell(getattr(finding, name))) for name in COLUMNS] for finding in audit.findings)
    return file.getvalue()


def _cell(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else "|".join(value)


def write_audit(text: str, path: Path, encoding: str = "utf-8") -> None:
    """Write a text whole or not at all; file names that are no text stand in it with backslashes."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding, errors="backslashreplace", newline="")
