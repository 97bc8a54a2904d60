"""`Evaluation` -> reports for people and for programs.

Examples below start from `evaluation`, what `posters.evaluate` returned for four posters and one genre.
"""

from posters.report.markdown import markdown
from posters.report.terminal import summary
from posters.report.write import write_report

__all__ = ["markdown", "summary", "write_report"]
