"""The report as one HTML file that asks for nothing from anywhere: `Evaluation` -> text."""

from posters.report.html.galleries import Thumbnails
from posters.report.html.page import page

__all__ = ["Thumbnails", "page"]
