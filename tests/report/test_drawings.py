"""From figures to pixels, percentages and shades, against what was counted by hand."""

import pytest

from posters.report.html import sections
from posters.report.html.charts import FRAME, Plane
from posters.report.html.page import axis, genre_bar
from tests.report.conftest import NASTY, evaluated, judged_by_hand


def test_points_lie_where_the_figures_say():
    plane = Plane(x=(0, 2), y=(0, 10))
    assert (plane.right(0), plane.right(2)) == (FRAME.left, FRAME.right) == (40, 232)
    assert (plane.down(0), plane.down(10)) == (FRAME.bottom, FRAME.top) == (138, 8)
    assert plane.line((0, 1, 2), (0, 5, 10), "main").points == "40,138 136,73 232,8"
    assert vars(plane.bar(0, 1, 5, "x")) == {"x": 40, "y": 73, "width": 96, "height": 65, "style": "x"}
    assert Plane(x=(3, 3)).right(3) == 136
    assert plane.right(5) == FRAME.right


def test_a_precision_recall_curve_begins_at_the_surest_posters_and_ends_at_the_prevalence():
    # A: 0.9 and 0.8 are right, so that precision is 1 until all are found; half of the posters have it.
    chart = next(chart for chart in sections.precision_recall(judged_by_hand()) if chart.title == "A")
    chance, model = chart.lines
    assert chance.points == "40,73 232,73"
    assert model.points.startswith("40,8 ")
    assert model.points.endswith("232,73")
    assert chart.note == "AP 1.000"


def test_a_reliability_diagram_shows_every_filled_bin():
    # A was predicted with 0.9, 0.8, 0.1 and 0.2, twenty times each: 1, 1, 0 and 0 of them came true.
    chart = next(chart for chart in sections.reliability_diagrams(judged_by_hand()) if chart.title == "A")
    assert [(dot.x, dot.y) for dot in chart.dots] == [(59.2, 138), (78.4, 138), (193.6, 8), (212.8, 8)]
    assert chart.note == "ECE 0.150"
    assert "predicted 0.90, came true 1.00, 20 times" in chart.words
    assert sections.reliability_diagrams(judged_by_hand())[0].title == "all genres"


def test_a_histogram_shows_both_hills_as_shares_of_their_own():
    # B: 0.1 and 0.3 with it, 0.7 and 0.2 without; each half of its own.
    chart = next(chart for chart in sections.score_histograms(judged_by_hand()) if chart.title == "B")
    assert [bar.height for bar in chart.bars if bar.height] == [130, 130]
    assert chart.y_ticks[-1].text == "50%"
    assert sum(point.endswith(",8") for point in chart.lines[0].points.split()) == 4
    assert chart.note == "40 with it"


def shares(table):
    return {row.name: (row.of, *row.shares) for row in table.rows}


def test_genres_that_go_together_are_shares_of_the_row():
    true, predicted = judged_by_hand().co_occurrence.true, judged_by_hand().co_occurrence.predicted
    assert shares(sections.together(judged_by_hand(), true)) == {
        "A": (40, None, 0.5, 0.0),
        "B": (40, 0.5, None, 0.0),
        "C": (20, 0.0, 0.0, None),
    }
    assert shares(sections.together(judged_by_hand(), predicted)) == {
        "A": (40, None, 0.5, 0.0),
        "B": (20, 1.0, None, 0.0),
        "C": (40, 0.0, 0.0, None),
    }


def test_what_was_predicted_instead_is_a_share_of_the_missed():
    # B alone was missed: on the first poster, where nothing false was predicted, and on the third, where C was.
    table = sections.instead(judged_by_hand())
    assert table.columns == ("A", "B", "C", "nothing false")
    assert shares(table) == {
        "A": (0, None, 0.0, 0.0, 0.0),
        "B": (40, 0.0, None, 0.5, 0.5),
        "C": (0, 0.0, 0.0, None, 0.0),
    }


def test_the_greatest_habit_comes_first():
    assert sections.habits(judged_by_hand(), most=1).rows == (("B", "A", "50%", "100%"),)
    assert sections.habits(evaluated(("Drama",))).rows == ()


def test_the_axis_of_the_verdict_is_to_scale():
    evaluation = evaluated(("Comedy", "Drama", "N/A"))
    drawn = axis(evaluation)
    top = float(drawn.ticks[-1].text)
    assert [row.name for row in drawn.rows] == ["model", "logistic regression", "chance"]
    for row, figure in zip(drawn.rows[::2], (evaluation.of("model"), evaluation.of("prior")), strict=True):
        value, interval = figure.figures["macro_map"].value, figure.figures["macro_map"].interval
        assert row.at / 100 * top == pytest.approx(value, abs=1e-4)
        if interval:
            assert [end / 100 * top for end in row.ends] == pytest.approx([interval.low, interval.high], abs=1e-4)
    assert drawn.rows[0].ends
    assert [tick.at for tick in drawn.ticks] == [0, 25, 50, 75, 100]


def test_a_genre_is_drawn_to_scale():
    a, b, _ = judged_by_hand().genres
    assert (genre_bar(a).at, genre_bar(a).chance) == (100, 50)
    assert genre_bar(b).low < genre_bar(b).at < genre_bar(b).high
    assert genre_bar(evaluated(("Comedy", "Drama", "N/A")).genres[2]) is None


def test_learning_curves_run_from_the_first_epoch_to_the_last():
    loss, rating = sections.learning_curves(evaluated(NASTY))
    assert [tick.text for tick in loss.x_ticks] == ["1", "3"]
    assert loss.lines[0].points.split()[0] == "40,8"
    assert rating.lines[0].points.split()[-1] == "232,8"
    assert sections.learning_table(evaluated(NASTY)).rows[-1] == ("head", "3", "0.1000", "0.3000")
    assert sections.learning_curves(evaluated(NASTY, bare=True)) == []


def test_decades_are_drawn_where_years_are_known():
    evaluation = evaluated(NASTY)
    chart = sections.by_decade(evaluation)
    assert [tick.text for tick in chart.x_ticks] == ["1950s", "2010s"]
    assert len(chart.dots) == 7
    assert [row[0] for row in sections.decade_table(evaluation).rows] == [f"{year}s" for year in range(1950, 2020, 10)]
    assert sections.by_decade(evaluated(NASTY, bare=True)) is None


def test_the_commonest_genres_are_drawn_when_there_are_too_many():
    evaluation = evaluated(("Comedy", "Drama", "Horror", "N/A"))
    assert sections.commonest(evaluation, 2) == {"Comedy", "Drama"}
    assert sections.commonest(evaluation, 9) == {"Comedy", "Drama", "Horror"}
    assert sections.left_undrawn(evaluation, 2) == (
        "Drawn are the 2 commonest of 3 genres with positives. Genres without positives, not drawn: 1."
    )
    assert sections.left_undrawn(judged_by_hand(), 3) == ""
