"""`Evaluation` -> reports for people and for programs."""

from collections.abc import Mapping
from pathlib import Path

from posters.evaluation import Evaluation
from posters.files import write_json, write_text
from posters.report.html import Thumbnails, page
from posters.report.html.shelves import shown_ids
from posters.report.html.thumbnails import Progress
from posters.report.label_csv import label_csv
from posters.report.markdown import markdown
from posters.report.terminal import summary

__all__ = ["markdown", "summary", "write_report"]


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
    """
    directory = Path(directory)
    html, data, text = (directory / name for name in ("index.html", "evaluation.json", "evaluation.md"))
    write_text(html, page(evaluation, Thumbnails(images or {}, shown_ids(evaluation), progress)))
    write_json(data, evaluation.to_dict())
    write_text(text, markdown(evaluation))
    return html, data, text, *_label_issues(evaluation, directory / "label_issues.csv")


def _label_issues(evaluation: Evaluation, path: Path) -> tuple[Path, ...]:
    if not evaluation.label_issues:
        path.unlink(missing_ok=True)  # An earlier report's would be taken for this one's.
        return ()
    write_text(path, label_csv(evaluation.label_issues))
    return (path,)
