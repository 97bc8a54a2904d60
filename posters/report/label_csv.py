"""Labels that may be wrong as a CSV for a spreadsheet, to be given back with `--corrections`."""

import csv
import io
from collections.abc import Iterable

from posters.label_issues import LabelIssue
from posters.spreadsheet import safe_cell

_COLUMNS = ("id", "title", "image", "genre", "change", "accept", "probability", "confidence", "labels")
_CHANGES = {"missing": "add", "false": "remove"}


def label_csv(issues: Iterable[LabelIssue]) -> str:
    """A row for each issue; the column `accept` is left for a person to fill with yes or no.

    It begins with a byte order mark, by which spreadsheets know UTF-8.
    """
    file = io.StringIO(newline="")
    file.write("\ufeff")
    lines = csv.writer(file, lineterminator="\r\n")
    lines.writerow(_COLUMNS)
    for issue in issues:
        words = (issue.id, issue.title or "", issue.image, issue.genre, _CHANGES[issue.kind], "")
        figures = (f"{issue.probability:.4f}", f"{issue.confidence:.4f}")
        lines.writerow([*map(safe_cell, words), *figures, safe_cell("|".join(issue.labels))])
    return file.getvalue()
