"""`Evaluation` -> reports for people and for programs."""

from pathlib import Path

from posters.evaluation import Evaluation
from posters.files import write_json, write_text
from posters.report.markdown import markdown
from posters.report.terminal import summary

__all__ = ["markdown", "summary", "write_report"]


def write_report(evaluation: Evaluation, directory: Path) -> tuple[Path, ...]:
    """Write `evaluation.json` and `evaluation.md` into `directory`, each of them whole or not at all.

    Returns:
        The paths of both. `posters.evaluation.read_evaluation` reads the JSON.
    """
    directory = Path(directory)
    data, text = directory / "evaluation.json", directory / "evaluation.md"
    write_json(data, evaluation.to_dict())
    write_text(text, markdown(evaluation))
    return data, text
