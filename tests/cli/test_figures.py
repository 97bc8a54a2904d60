"""Figures and LaTeX tables of an evaluation for a paper."""

import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from posters.errors import ConfigError
from posters.evaluation.evaluation import PLOTS
from posters.report.latex import escape, latex_tables
from posters.report.write import write_report
from tests.report.conftest import NASTY, evaluated

pytest.importorskip("matplotlib")
NICE = ("Comedy", "Drama", "Horror", "War", "N/A")
TABLES = ["genres.tex", "predictors.tex", "promises.tex"]


@pytest.fixture(scope="module", params=[NICE, NASTY], ids=["nice", "nasty"])
def report(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    write_report(evaluated(request.param), folder)
    return folder


@pytest.mark.parametrize(("form", "begins"), [("pdf", b"%PDF"), ("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_every_figure_and_table_is_written(posters, report, tmp_path, form, begins):
    outcome = posters("figures", report, "--format", form, "--output", tmp_path / "out")
    assert (outcome.code, outcome.err) == (0, "")
    names = [f"{name}.{form}" for name in PLOTS]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted([*names, *TABLES])
    assert outcome.out.splitlines() == [
        str(tmp_path / "out" / name) for name in [*names, "predictors.tex", *TABLES[::2]]
    ]
    for name in names:
        assert (tmp_path / "out" / name).read_bytes().startswith(begins)


def test_one_evaluation_gives_the_same_files(posters, report, tmp_path):
    for place in ("a", "b"):
        assert posters("figures", report / "evaluation.json", "--format", "pdf", "--output", tmp_path / place).code == 0
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_figures_are_as_wide_as_a_page_or_a_column():
    evaluation = evaluated(NICE)
    assert evaluation.plot().get_figwidth() == 7.2
    assert evaluation.plot("calibration").get_figwidth() == 3.5
    assert evaluation.plot("confusion", width=5).get_figwidth() == 5
    # A genre without positives has no curve.
    assert sum(axis.get_visible() for axis in evaluation.plot().axes) == len(NICE) - 1


def test_a_plot_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="there is no plot 'confuson': did you mean confusion"):
        evaluated(NICE).plot("confuson")


def test_tables_have_the_intervals():
    evaluation = evaluated(NICE)
    predictors = latex_tables(evaluation)["predictors"]
    figure = evaluation.of("model").figures["macro_map"]
    shown = f"{figure.value:.3f} ({figure.interval.low:.3f} to {figure.interval.high:.3f})"
    assert f"macro mAP & 4 genres & {shown}" in predictors
    for table in latex_tables(evaluation).values():
        rows = [line for line in table.splitlines() if line.endswith(r"\\")]
        columns = re.match(r"\\begin{tabular}{([lr]+)}", table)[1]
        assert {len(re.findall(r"(?<!\\)&", row)) + 1 for row in rows} == {len(columns)}


@pytest.mark.parametrize("letter", [*"&%$#_{}~^<>", "\\"])
def test_no_name_is_markup(letter):
    assert letter not in re.sub(r"\\(?:[&%$#_{}]|text\w+{})", "", escape(f"a{letter}b"))


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LATEX WAS NOT RUN: there is no pdflatex")
def test_latex_sets_the_tables(report, tmp_path, posters):
    posters("figures", report, "--output", tmp_path)
    text = "".join(f"\\input{{{name}}}\n" for name in TABLES)
    (tmp_path / "paper.tex").write_text(
        "\\documentclass{article}\\usepackage{booktabs}\\begin{document}" + text + "\\end{document}"
    )
    subprocess.run(["pdflatex", "-halt-on-error", "paper.tex"], cwd=tmp_path, check=True, capture_output=True)


def test_without_an_evaluation_the_command_that_makes_one_is_named(posters, tmp_path):
    assert (
        posters("figures", tmp_path).refusal == f"{tmp_path} has no evaluation: run `posters evaluate {tmp_path}` first"
    )


def test_an_evaluation_without_posters_of_any_genre_is_drawn_too():
    evaluation = evaluated(("Drama",), bare=True)
    empty = replace(evaluation, curves=(), genres=(), reliability=replace(evaluation.reliability, bins=(), ece=None))
    for name in ("precision_recall", "calibration"):
        assert empty.plot(name).get_figwidth() > 0
