"""`Evaluation` -> the files of a report: HTML, Markdown, JSON, and label issues as CSV."""

from collections.abc import Mapping
from pathlib import Path

from posters._base.atomic_files import write_json, write_text
from posters.evaluation import Evaluation
from posters.report.html.galleries import Progress, Thumbnails, shown_ids
from posters.report.html.page import page
from posters.report.markdown import markdown
from posters.report.tables import label_csv


def write_report(
    evaluation: Evaluation,
    directory: Path,
    *,
    images: Mapping[str, Path] | None = None,
    progress: Progress = lambda ids: ids,
) -> tuple[Path, ...]:
    """Write the report into `directory`, each file whole or not at all.

    `index.html` is for people and needs no other file; `evaluation.md` and `evaluation.json` say the same;
    `label_issues.csv` is there if labels are doubted. `posters.evaluation.read_evaluation` reads the JSON.

    Args:
        evaluation: what to report.
        directory: made if need be.
        images: the image file of each poster, for those that the page shows.
        progress: wraps the ids of the shown posters in a progress bar, as `tqdm` does.

    Returns:
        The paths of the files.

    Examples:
        >>> import tempfile
        >>> [path.name for path in write_report(evaluation, Path(tempfile.mkdtemp()))]
        ['index.html', 'evaluation.json', 'evaluation.md']
    """
    directory = Path(directory)
    html, data, text = (directory / name for name in ("index.html", "evaluation.json", "evaluation.md"))
    # The page first: it takes longest, and if it fails the files of the last report are still of one kind.
    write_text(html, page(evaluation, Thumbnails(images or {}, shown_ids(evaluation), progress)))
    write_json(data, evaluation.to_dict())
    write_text(text, markdown(evaluation))
    issues = directory / "label_issues.csv"
    if not evaluation.label_issues:
        issues.unlink(missing_ok=True)  # An earlier report's would be taken for this one's.
        return html, data, text
    write_text(issues, label_csv(evaluation.label_issues))
    return html, data, text, issues
