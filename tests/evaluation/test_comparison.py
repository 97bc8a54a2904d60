"""`posters compare`: which differences between runs are real, on which posters, and what is refused."""

import json
import shutil

import numpy as np
import pytest

from posters.catalogue import Catalogue, Poster
from posters.cli import main
from posters.config import TrainConfig
from posters.errors import RunError, ScoresError, SplitError
from posters.evaluation.comparison import compare
from posters.metrics import METRICS, average_precision
from posters.report.comparison import comparison_text
from posters.runs import Run
from posters.scores import Scores
from posters.splitting.splits import Splits
from posters.tasks.compare import compare_runs

# The last one has too few positives to be judged.
GENRES = ("Comedy", "Drama", "Horror", "War")
SHARES = np.array([0.4, 0.3, 0.15, 0.02])


def labels(posters=300, shares=SHARES, seed=0):
    return (np.random.default_rng(seed).random((posters, len(shares))) < shares).astype(np.uint8)


def scored(y_true, separation=1.0, seed=1, shared_seed=99):
    """Scores of a run: half of their noise is shared by all runs, as hard posters are."""
    own, shared = (np.random.default_rng(each).normal(size=y_true.shape) for each in (seed, shared_seed))
    logits = separation * y_true + np.sqrt(0.5) * (own + shared)
    ids = tuple(f"{row:03}" for row in range(len(y_true)))
    return Scores(ids, GENRES[: y_true.shape[1]], 1 / (1 + np.exp(-logits)), y_true)


Y = labels()
WEAK, STRONG, EQUAL = scored(Y, 0.8, seed=1), scored(Y, 1.6, seed=2), scored(Y, 0.8, seed=3)


def verdicts(run):
    return [genre.against_first and genre.against_first.verdict for genre in run.genres]


class TestFigures:
    def test_each_figure_is_that_of_the_metrics(self):
        comparison = compare({"weak": WEAK, "strong": STRONG}, samples=100)
        for run, scores in zip(comparison.runs, (WEAK, STRONG), strict=True):
            assert run.macro_map == pytest.approx(METRICS["macro_map"](Y, scores.y_score))
            found = [genre.average_precision for genre in run.genres]
            np.testing.assert_allclose(found, average_precision(Y, scores.y_score))
            assert [genre.positives for genre in run.genres] == Y.sum(axis=0).tolist()
        weak, strong = comparison.runs
        assert strong.against_first.difference == pytest.approx(strong.macro_map - weak.macro_map)
        assert [weak.name, strong.name] == ["weak", "strong"]
        assert weak.against_first is None
        assert {genre.against_first for genre in weak.genres} == {None}

    def test_a_clearly_better_run_is_called_better_and_the_other_way_round_worse(self):
        strong = compare({"weak": WEAK, "strong": STRONG}, samples=200).runs[1]
        weak = compare({"strong": STRONG, "weak": WEAK}, samples=200).runs[1]
        assert strong.against_first.verdict == "better"
        assert verdicts(strong) == ["better", "better", "better", None]
        assert weak.against_first.verdict == "worse"
        assert verdicts(weak) == ["worse", "worse", "worse", None]
        assert weak.against_first.difference == pytest.approx(-strong.against_first.difference)
        assert weak.against_first.interval.low == pytest.approx(-strong.against_first.interval.high)
        assert weak.against_first.share_ahead == pytest.approx(1 - strong.against_first.share_ahead)
        assert strong.against_first.p_value < 0.001

    def test_a_run_that_ranks_the_same_shows_no_difference(self):
        squared = Scores(WEAK.ids, GENRES, WEAK.y_score**2, Y)
        run = compare({"first": WEAK, "squared": squared}, samples=50).runs[1]
        difference = run.against_first
        assert (difference.difference, difference.interval.low, difference.interval.high) == (0, 0, 0)
        assert (difference.share_ahead, difference.p_value) == (0.5, 1)
        assert difference.verdict == "no difference shown"
        assert verdicts(run) == ["no difference shown"] * 3 + [None]

    def test_the_same_posters_are_drawn_for_all_runs(self):
        """What is hard about posters cancels out, so that a difference is known better than each of its figures."""
        weak, strong = compare({"weak": WEAK, "strong": scored(Y, 1.0, seed=1)}, samples=200).runs
        assert weak.interval.high > strong.interval.low
        assert strong.against_first.verdict == "better"

    def test_one_genre_that_got_better_is_named_alone(self):
        y_score = WEAK.y_score.copy()
        y_score[:, 1] = STRONG.y_score[:, 1]
        run = compare({"first": WEAK, "second": Scores(WEAK.ids, GENRES, y_score, Y)}, samples=200).runs[1]
        assert verdicts(run) == ["no difference shown", "better", "no difference shown", None]

    def test_every_further_run_is_compared_with_the_first(self):
        runs = compare({"weak": WEAK, "equal": EQUAL, "strong": STRONG}, samples=200).runs
        pair = compare({"weak": WEAK, "strong": STRONG}, samples=200).runs[1]
        assert [run.name for run in runs] == ["weak", "equal", "strong"]
        assert runs[2] == pair

    def test_it_repeats_itself_and_another_seed_draws_others(self):
        once, again = (compare({"a": WEAK, "b": EQUAL}, samples=50) for _ in range(2))
        assert once == again
        other = compare({"a": WEAK, "b": EQUAL}, samples=50, seed=1)
        assert other.runs[1].against_first.interval != once.runs[1].against_first.interval

    def test_posters_of_one_film_count_once(self):
        """Every poster twice, as two posters of a film: nothing is surer than before, unless they are drawn apart."""
        pairs = {
            name: Scores([*each.ids, *(f"{id}b" for id in each.ids)], GENRES, np.tile(each.y_score, (2, 1)), [*Y, *Y])
            for name, each in (("weak", WEAK), ("strong", STRONG))
        }
        films = {id: int(id[:3]) for id in pairs["weak"].ids}
        width = [
            comparison.runs[1].against_first.interval.high - comparison.runs[1].against_first.interval.low
            for comparison in (
                compare({"weak": WEAK, "strong": STRONG}, samples=400),
                compare(pairs, films, samples=400),
                compare(pairs, samples=400),
            )
        ]
        assert width[1] == pytest.approx(width[0], rel=0.15)
        assert width[2] == pytest.approx(width[0] / np.sqrt(2), rel=0.15)

    def test_it_is_plain_data(self):
        comparison = compare({"weak": WEAK, "strong": STRONG}, samples=50)
        plain = comparison.to_dict()
        assert json.loads(json.dumps(plain, allow_nan=False)) == plain
        assert plain["runs"][1]["against_first"]["verdict"] == comparison.runs[1].against_first.verdict
        assert plain["bootstrap"] == {"samples": 50, "groups": 300, "seed": 0}


class TestHonesty:
    @pytest.mark.parametrize("sets", [40, pytest.param(200, marks=pytest.mark.slow)])
    def test_equal_runs_are_called_different_in_about_one_of_twenty_sets(self, sets):
        """Of 400 sets of the IMDb set's 22 genres, 0.03 to 0.06 by macro mAP, and of 200, 0.035 by any genre."""
        macro = genres = 0
        for number in range(sets):
            y_true = labels(150, np.array([0.4, 0.3, 0.2, 0.15]), seed=number)
            equals = {name: scored(y_true, 1.0, (number, place), (number, 9)) for place, name in enumerate("ab")}
            run = compare(equals, samples=100, seed=number).runs[1]
            macro += run.against_first.verdict != "no difference shown"
            genres += set(verdicts(run)) != {"no difference shown"}
        # Three standard deviations of a binomial.
        most = 0.05 + 3 * np.sqrt(0.05 * 0.95 / sets)
        assert macro / sets <= most
        assert genres / sets <= most

    @pytest.mark.parametrize(("separation", "seed", "real"), [(1.2, 6, []), (1.3, 8, ["Drama"])])
    def test_so_many_genres_are_judged_together(self, separation, seed, real):
        """By Holm's method; a difference that would be called real alone need not be so beside others."""
        first, second = scored(Y[:, :3], 0.8, 1), scored(Y[:, :3], separation, seed)
        genres = compare({"first": first, "second": second}, samples=200).runs[1].genres
        p_values = sorted(genre.against_first.p_value for genre in genres)
        by_hand = 0
        while by_hand < 3 and p_values[by_hand] <= 0.05 / (3 - by_hand):
            by_hand += 1
        found = [genre.name for genre in genres if genre.against_first.verdict == "better"]
        assert (found, len(found)) == (real, by_hand)
        assert len(found) < sum(p <= 0.05 for p in p_values)


class TestWhatIsCompared:
    def test_the_posters_that_all_runs_have(self):
        some, others = WEAK.take(range(250)), STRONG.take(range(299, 49, -1))
        comparison = compare({"some": some, "others": others}, samples=50)
        assert (comparison.posters, comparison.left_out_posters) == (200, 100)
        both = compare({"some": WEAK.take(range(50, 250)), "others": STRONG.take(range(50, 250))}, samples=50)
        assert comparison.runs == both.runs

    def test_the_genres_that_all_runs_know(self):
        order = [2, 0, 1]
        fewer = Scores(STRONG.ids, [GENRES[g] for g in order], STRONG.y_score[:, order], Y[:, order])
        comparison = compare({"weak": WEAK, "fewer": fewer}, samples=50)
        assert comparison.unshared_genres == ("War",)
        assert [genre.name for genre in comparison.runs[1].genres] == ["Comedy", "Drama", "Horror"]
        assert comparison.runs[1].macro_map == pytest.approx(METRICS["macro_map"](Y[:, :3], STRONG.y_score[:, :3]))

    def test_genres_without_positives_are_named(self):
        without = np.flatnonzero(Y[:, 3] == 0)
        comparison = compare({"weak": WEAK.take(without), "strong": STRONG.take(without)}, samples=50)
        assert comparison.without_positives == ("War",)
        assert [genre.name for genre in comparison.runs[0].genres] == ["Comedy", "Drama", "Horror"]

    def test_runs_that_disagree_on_a_label_are_refused_and_the_poster_named(self):
        wrong = Y.copy()
        wrong[7, 1] = 1 - wrong[7, 1]
        with pytest.raises(
            ScoresError, match=r"^first and second have other genres for the poster '007', Drama in one of them"
        ):
            compare({"first": WEAK, "second": Scores(WEAK.ids, GENRES, STRONG.y_score, wrong)})

    @pytest.mark.parametrize(
        ("second", "message"),
        [
            (
                Scores(tuple(f"x{id}" for id in WEAK.ids), GENRES, WEAK.y_score, Y),
                "first and second have no poster in common: compare runs of one catalogue, trained with",
            ),
            (Scores(WEAK.ids, ("a", "b", "c", "d"), WEAK.y_score, Y), "first and second have no genre in common"),
            (Scores(WEAK.ids, GENRES, WEAK.y_score), "a comparison needs y_true"),
        ],
    )
    def test_what_has_nothing_in_common_is_refused(self, second, message):
        with pytest.raises(ScoresError, match=f"^{message}"):
            compare({"first": WEAK, "second": second})

    def test_no_positives_at_all_are_refused(self):
        nothing = Scores(WEAK.ids, GENRES, WEAK.y_score, np.zeros_like(Y))
        with pytest.raises(ScoresError, match=r"^no genre of the 300 posters"):
            compare({"first": nothing, "second": nothing})

    def test_one_run_is_no_comparison(self):
        with pytest.raises(ScoresError, match=r"at least two runs, but got first$"):
            compare({"first": WEAK})


class TestText:
    def test_the_verdict_comes_first(self):
        text = " ".join(comparison_text(compare({"runs/weak": WEAK, "runs/strong": STRONG}, samples=100)).split())
        assert text.startswith("test: 300 posters that all runs have runs/strong (macro mAP 0.")
        assert "is better than runs/weak (0." in text
        assert "runs/strong is better in Comedy, Drama, Horror, and shows no difference in 0 of 3 genres" in text
        assert "Genres with fewer than 10 positives" in text

    def test_every_genre_has_a_line_the_greatest_gain_first(self):
        comparison = compare({"weak": WEAK, "strong": STRONG}, samples=100)
        lines = [line for line in comparison_text(comparison).splitlines() if line.startswith(GENRES)]
        gains = {g.name: g.against_first.difference for g in comparison.runs[1].genres if g.against_first}
        assert [line.split()[0] for line in lines] == [*sorted(gains, key=gains.get, reverse=True), "War"]
        assert "under 10" in lines[-1]
        drama = comparison.runs[1].genres[1].against_first
        line = next(line for line in lines if line.startswith("Drama"))
        assert f"{drama.difference:+.3f} {drama.interval.low:+.3f} to {drama.interval.high:+.3f}" in line

    def test_what_was_left_out_is_reported(self):
        fewer = Scores(STRONG.ids[:-9], GENRES[:3], STRONG.y_score[:-9, :3], Y[:-9, :3])
        text = " ".join(comparison_text(compare({"weak": WEAK, "fewer": fewer}, samples=50)).split())
        assert "9 posters are left out: they are not in the test split of every run" in text
        assert "not all runs know them: War" in text

    def test_few_common_posters_are_named_first_with_the_way_out(self):
        """Runs of two seeds have splits of their own, and a comparison of what is left shows next to nothing."""
        one, other = WEAK.take(range(160)), STRONG.take(range(140, 300))
        text = " ".join(comparison_text(compare({"runs/first": one, "runs/second": other}, samples=50)).split())
        assert text.startswith("test: 20 posters that all runs have Only 20 posters of 300 can be compared")
        assert "(another --seed, or another table)" in text
        assert "with --splits runs/first/splits.csv" in text
        most = comparison_text(compare({"runs/first": WEAK, "runs/second": other}, samples=50))
        assert "can be compared" not in most

    def test_it_fits_a_terminal_whatever_the_names(self):
        names = {"runs/" + "long" * 40: WEAK, "runs/\x1b[31m\n" + "映画" * 60: STRONG}
        text = comparison_text(compare(names, samples=50))
        assert "\x1b" not in text
        # Chinese letters take two columns.
        assert max(len(line) + sum(letter > "⺀" for letter in line) for line in text.splitlines()) <= 100


CATALOGUE = "dusk", "night", "ghost"


@pytest.fixture
def make_run(golden, tmp_path):
    """Makes a run with the golden classifier: its test posters by name, each as often as it is named."""

    def make(name, test, genres="Drama"):
        folder = tmp_path / "images"
        shutil.copytree(golden / "posters", folder, dirs_exist_ok=True)
        for poster in test:
            shutil.copy(folder / f"{CATALOGUE[int(poster) % 3]}.png", folder / f"{poster}.png")
        posters = [Poster(id, f"{id}.png", (genres,) if int(id) % 2 else ("Horror",)) for id in test]
        rest = [Poster("t", "dusk.png", ("Western",)), Poster("v", "dusk.png", ("Western",))]
        catalogue = Catalogue((*posters, *rest), ("Comedy", "Drama", "Horror", "Western"), folder)
        run = Run(tmp_path / name)
        run.start(TrainConfig(), Splits(("t",), ("v",), tuple(test), 0, catalogue.fingerprint()), catalogue)
        shutil.copytree(golden / "classifier", run.classifier)
        return run.path

    return make


class TestRuns:
    def test_only_posters_on_the_test_side_of_every_run_are_compared(self, make_run):
        runs = [make_run("one", ["1", "2", "3", "4"]), make_run("two", ["3", "4", "5"])]
        comparison = compare_runs(runs)
        assert (comparison.split, comparison.posters, comparison.left_out_posters) == ("test", 2, 3)
        assert [run.name for run in comparison.runs] == list(map(str, runs))
        assert comparison.runs[1].against_first.verdict == "no difference shown"
        assert comparison.unreadable == ()

    def test_a_poster_that_cannot_be_read_is_left_out_and_named(self, make_run, tmp_path):
        runs = [make_run("one", ["1", "2", "3"]), make_run("two", ["1", "2", "3"])]
        (tmp_path / "images" / "2.png").write_text("no image")
        comparison = compare_runs(runs)
        assert (comparison.posters, comparison.unreadable) == (2, ("2",))

    def test_what_is_no_finished_run_is_refused(self, make_run, tmp_path):
        run = make_run("one", ["1", "2"])
        with pytest.raises(RunError, match="no is no run: there is no such directory"):
            compare_runs([run, tmp_path / "no"])
        with pytest.raises(RunError, match="is named twice"):
            compare_runs([run, run / ".." / "one"])
        with pytest.raises(SplitError, match="but got 'tset'"):
            compare_runs([run, make_run("two", ["1"])], split="tset")


class TestCommand:
    @pytest.fixture
    def runs(self, make_run):
        return [str(make_run("one", ["1", "2", "3"])), str(make_run("two", ["1", "2", "3"]))]

    def test_the_table_on_stdout_and_all_figures_as_json(self, runs, tmp_path, capsys):
        assert main(["compare", *runs, "--json", str(tmp_path / "c.json")]) == 0
        said = capsys.readouterr()
        assert f"shows no difference from {runs[0]} (" in " ".join(said.out.split())
        assert f"wrote {tmp_path / 'c.json'}" in said.err
        written = json.loads((tmp_path / "c.json").read_text())
        assert [run["name"] for run in written["runs"]] == runs
        assert written["posters"] == 3

    def test_another_side(self, runs, capsys):
        assert main(["compare", *runs, "--split", "train"]) == 0
        assert capsys.readouterr().out.startswith("train: 1 poster that all runs have")

    def test_an_unreadable_poster_exits_with_1(self, runs, tmp_path, capsys):
        (tmp_path / "images" / "2.png").write_text("no image")
        for _ in range(2):  # Kept scores must not hide it.
            assert main(["compare", *runs]) == 1
            said = capsys.readouterr()
            assert "can't be read: 2." in said.out
            assert "2 is left out: " in said.err

    @pytest.mark.parametrize(
        ("arguments", "reason"),
        [
            (["{one}"], "compare needs at least two different runs, but got {one} alone"),
            (["{one}", "{one}"], "{one} is named twice: a run can't be compared with itself"),
            (["{one}", "{one}/no"], "{one}/no is no run: there is no such directory"),
            (
                ["{one}", "{one}/classifier"],
                "{one}/classifier is a classifier without a split of its own",
            ),
        ],
    )
    def test_what_cannot_be_compared_is_one_line(self, runs, capsys, arguments, reason):
        assert main(["compare", *(word.format(one=runs[0]) for word in arguments)]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith(f"posters: {reason.format(one=runs[0])}")
        assert said.err.count("\n") == 1

    def test_nothing_is_printed_where_the_json_cannot_be_written(self, runs, tmp_path, capsys):
        (tmp_path / "file").touch()
        assert main(["compare", *runs, "--json", str(tmp_path / "file" / "c.json")]) == 2
        assert capsys.readouterr().out == ""
