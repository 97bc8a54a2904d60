"""The report as one HTML file that asks for nothing from anywhere: `Evaluation` -> text."""

from posters.report.html.page import page
from posters.report.html.thumbnails import Thumbnails

__all__ = ["Thumbnails", "page"]
