"""The command line: what it prints, where, and with which exit code. All of it without TensorFlow."""

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from argparse import SUPPRESS
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Literal, get_args, get_origin

import numpy as np
import pytest

from posters.calibration import no_calibration
from posters.catalogue import read_catalogue
from posters.classifier import load_classifier
from posters.cli import main, parser
from posters.config import PreprocessConfig, TrainConfig, with_options
from posters.runs import Run
from posters.scores import Scores
from posters.scores_file import write_scores
from posters.splits import Split
from posters.thresholds import fixed_thresholds

COMMANDS = (
    "sample",
    "catalogue",
    "audit",
    "train",
    "evaluate",
    "compare",
    "thresholds",
    "predict",
    "similar",
    "serve",
    "export",
)
GENRES = ("Comedy", "Drama", "Horror", "Western")
TABLE = "id,image,genres\n1,dusk.png,Western\n2,night.png,Comedy|Horror\n3,ghost.png,Drama\n"


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def refusal(self) -> str:
        """The one line on stderr that says why nothing was done; nothing else may be there."""
        assert (self.code, self.out) == (2, "")
        assert self.err.startswith("posters: ")
        assert self.err.count("\n") == 1
        return self.err.removeprefix("posters: ").removesuffix("\n")


@pytest.fixture
def posters(capsys):
    """Runs the command line in this process."""

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = end.code
        return Outcome(code, *capsys.readouterr())

    return run


def start(*arguments: object, **options) -> subprocess.Popen:
    """Starts the command line in a process of its own."""
    command = [sys.executable, "-m", "posters", *map(os.fspath, map(_text, arguments))]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.Popen(command, stderr=subprocess.PIPE, env=buffered, **options)


def _text(argument: object) -> str | bytes:
    return argument if isinstance(argument, bytes) else str(argument)


@pytest.fixture(scope="module")
def classifier(golden):
    return load_classifier(golden / "classifier")


@pytest.fixture
def table(golden, tmp_path) -> Path:
    """A catalogue of the golden posters: `shop/table.csv`, and `images` beside it."""
    shutil.copytree(golden / "posters", tmp_path / "shop" / "images")
    path = tmp_path / "shop" / "table.csv"
    path.write_text(TABLE)
    return path


@pytest.fixture
def finished_run(table, golden, tmp_path) -> Path:
    """A run directory as training leaves it, with the golden classifier in it."""
    catalogue = read_catalogue(table, min_posters=1, report=False)
    run = Run(tmp_path / "run")
    run.start(TrainConfig(seed=7), Split(("1",), ("2",), ("3",), 7, catalogue.fingerprint()), catalogue)
    shutil.copytree(golden / "classifier", run.classifier)
    return run.path


class TestHelp:
    def test_it_names_every_command_on_one_line_each(self, posters):
        outcome = posters("--help")
        assert (outcome.code, outcome.err) == (0, "")
        listed = [line.split()[0] for line in outcome.out.splitlines() if line.startswith("    ") and line.strip()]
        assert listed == list(COMMANDS)

    @pytest.mark.parametrize("command", COMMANDS)
    def test_every_default_is_said(self, posters, monkeypatch, command):
        monkeypatch.setenv("COLUMNS", "1000")
        outcome = posters(command, "--help")
        assert (outcome.code, outcome.err) == (0, "")
        assert outcome.out.startswith(f"usage: posters {command} ")
        said = " ".join(outcome.out.split())
        for action in commands()[command]._actions:
            if action.help == SUPPRESS:  # Refused with its reason, and so not offered.
                continue
            names = ", ".join(action.option_strings) or action.metavar
            assert f" {names} " in said
            assert action.help.replace("%%", "%") in said
            if action.default not in (None, False, [], SUPPRESS):
                assert f"(default: {action.default})" in action.help, names

    def test_every_option_of_the_configs_is_a_flag_with_the_same_default(self, posters, monkeypatch):
        monkeypatch.setenv("COLUMNS", "1000")
        said = " ".join(posters("train", "--help").out.split())
        for entry in own_fields():
            shown = {True: "yes", False: "no"}[entry.default] if entry.type is bool else entry.default
            flag = f"--{entry.name.replace('_', '-')}"
            description = re.escape(f"{entry.metadata['help']} (default: {shown})")
            assert re.search(rf" {flag}(, --no-\S+)?( \S+)? {description}", said), entry.name

    def test_without_a_command_one_line_says_so(self, posters):
        assert posters().refusal == "the following arguments are required: COMMAND; see posters --help"

    def test_an_unknown_command_names_the_known_ones(self, posters):
        message = posters("learn").refusal
        assert "'learn'" in message
        assert all(command in message for command in COMMANDS)

    def test_the_version(self, posters):
        import posters as package

        assert posters("--version").out == f"posters {package.__version__}\n"


def commands():
    """The parser of each command."""
    return next(action.choices for action in parser()._actions if action.choices)


def own_fields():
    """The options of both configs."""
    return [entry for entry in (*fields(TrainConfig), *fields(PreprocessConfig)) if entry.name != "preprocess"]


class TestPredict:
    @pytest.fixture
    def predict(self, posters, golden):
        def run(*arguments: object, classifier: Path = golden / "classifier") -> Outcome:
            return posters("predict", "--classifier", classifier, *arguments)

        return run

    @pytest.fixture
    def images(self, golden) -> list[Path]:
        return sorted((golden / "posters").iterdir())

    def test_the_table_has_a_line_for_each_poster(self, predict, images):
        outcome = predict(*images)
        assert outcome == Outcome(
            0,
            f"{images[0]}: Western 0.66\n"
            f"{images[1]}: Comedy 0.97, Drama 0.66, Horror 0.54\n"
            f"{images[2]}: Comedy 1.00, Horror 0.83, Western 0.68\n",
            "",
        )

    def test_the_table_of_all_genres_marks_those_it_says_the_likeliest_first(self, predict, images):
        assert predict(images[0], "--all").out.splitlines()[1:] == [
            "  * Western  0.663",
            "    Drama    0.158",
            "    Horror   0.144",
            "    Comedy   0.058",
        ]

    def test_a_poster_that_no_genre_suits_is_said_to_be_one(self, predict, images, tiny_classifier):
        path = tiny_classifier / "classifier.json"
        values = json.loads(path.read_text())
        values["rules"][0]["values"] = [0.9] * 4
        path.write_text(json.dumps(values))
        outcome = predict(images[0], classifier=tiny_classifier)
        assert outcome.out == f"{images[0]}: no genre is sure enough (likeliest: Western 0.66)\n"
        assert outcome.code == 0
        assert csv_rows(predict(images[0], "--format", "csv", classifier=tiny_classifier).out)[1][1:] == ["", "", ""]
        assert json.loads(predict(images[0], "--format", "json", classifier=tiny_classifier).out)[0]["genres"] == []

    @pytest.mark.parametrize("every", [False, True])
    def test_json_and_json_lines_say_what_predict_says(self, predict, images, classifier, every):
        more = ["--all"] if every else []
        rows = json.loads(predict(*images, "--format", "json", *more).out)
        assert rows == [json.loads(line) for line in predict(*images, "--format", "jsonl", *more).out.splitlines()]
        assert [row["poster"] for row in rows] == [str(image) for image in images]
        for row, image in zip(rows, images, strict=True):
            said = classifier.predict(image)
            assert [entry["genre"] for entry in row["genres"]] == list(said.genres)
            for entry in row["genres"]:
                assert entry["probability"] == pytest.approx(said.probabilities[entry["genre"]], abs=1e-6)
            assert ("probabilities" in row) == every
            if every:
                assert row["probabilities"] == pytest.approx(said.probabilities, abs=1e-6)
                assert tuple(row["probabilities"]) == GENRES

    def test_csv_says_what_predict_says(self, predict, images, classifier):
        header, *rows = csv_rows(predict(*images, "--format", "csv").out)
        assert header == ["poster", "genres", "probabilities", "error"]
        for (poster, genres, probabilities, _), image in zip(rows, images, strict=True):
            said = classifier.predict(image)
            assert (poster, genres) == (str(image), "|".join(said.genres))
            shown = [float(value) for value in probabilities.split("|")]
            assert shown == pytest.approx([said.probabilities[name] for name in said.genres], abs=1e-6)

    def test_csv_of_all_genres_has_a_column_for_each(self, predict, images, classifier):
        header, *rows = csv_rows(predict(*images, "--format", "csv", "--all").out)
        assert header == ["poster", "genres", *GENRES, "error"]
        for (_, _, *values, _), image in zip(rows, images, strict=True):
            said = classifier.predict(image)
            assert [float(value) for value in values] == pytest.approx(list(said.probabilities.values()), abs=1e-6)

    def test_a_folder_gives_the_images_in_it_by_name(self, predict, images, tmp_path):
        shutil.copy(images[0], tmp_path / "b.PNG")
        shutil.copy(images[0], tmp_path / "a.png")
        (tmp_path / "notes.txt").touch()
        (tmp_path / "sub.png").mkdir()
        rows = json.loads(predict(images[2], tmp_path, "--format", "json").out)
        assert [row["poster"] for row in rows] == [str(images[2]), str(tmp_path / "a.png"), str(tmp_path / "b.PNG")]

    @pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv"])
    def test_unreadable_posters_are_named_and_the_rest_is_predicted(self, predict, images, tmp_path, form):
        (tmp_path / "text.jpg").write_text("no image")
        bad = [tmp_path / "missing.jpg", tmp_path / "text.jpg"]
        outcome = predict(bad[0], images[0], bad[1], images[1], "--format", form)
        assert outcome.code == 1
        first, second, last = outcome.err.splitlines()
        assert first == f"{bad[0]}: there is no such file"
        assert second.startswith(f"{bad[1]}: this is no image that can be read")
        assert last == "2 of 4 posters could not be read"
        good = predict(images[0], images[1], "--format", form).out
        if form == "table":
            assert outcome.out == good
            return
        rows, expected = parsed(outcome.out, form), parsed(good, form)
        assert [row["poster"] for row in rows] == [str(bad[0]), str(images[0]), str(bad[1]), str(images[1])]
        assert rows[1::2] == expected
        assert [row["error"] for row in rows[::2]] == [first, second]
        assert not any(row.get("genres") for row in rows[::2])

    def test_a_single_unreadable_poster_is_named_once(self, predict, tmp_path):
        error = f"{tmp_path / 'missing.jpg'}: there is no such file"
        outcome = predict(tmp_path / "missing.jpg", "--format", "json")
        assert (outcome.code, outcome.err) == (1, error + "\n")
        assert json.loads(outcome.out) == [{"poster": str(tmp_path / "missing.jpg"), "error": error}]

    @pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv"])
    def test_a_bad_classifier_leaves_stdout_empty(self, predict, images, tiny_classifier, tmp_path, form):
        assert "is no classifier" in predict(images[0], "--format", form, classifier=tmp_path / "none").refusal
        path = tiny_classifier / "classifier.json"
        values = json.loads(path.read_text())
        values["genre_names"], values["prior"] = list(GENRES[:3]), [0.1] * 3
        values["rules"] = [fixed_thresholds(GENRES[:3]).to_dict()]
        values["calibration"] = no_calibration(GENRES[:3]).to_dict()
        path.write_text(json.dumps(values))  # Whole, but for a network of three genres.
        refusal = predict(images[0], "--format", form, classifier=tiny_classifier).refusal
        assert "network.tflite does not take uint8 posters and give 3 probabilities" in refusal

    @pytest.mark.parametrize("threads", ["0", "-2", "two"])
    def test_threads_that_are_none_are_named(self, predict, images, threads):
        assert "threads" in predict(images[0], f"--threads={threads}").refusal

    @pytest.mark.parametrize(
        "name", [b"two\nlines.png", b"a\rb.png", b'"quoted", with comma.png', b"caf\xc3\xa9.png", b"caf\xe9 raw.png"]
    )
    @pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
    def test_no_file_name_breaks_a_format(self, images, classifier, tmp_path, monkeypatch, name, encoding):
        path = tmp_path / os.fsdecode(name)
        shutil.copy(images[0], path)

        def written(form: str) -> str:
            out = io.TextIOWrapper(io.BytesIO(), encoding, newline="\n")
            monkeypatch.setattr(sys, "stdout", out)
            assert main(["predict", str(path), "--format", form, "--classifier", str(classifier.directory)]) == 0
            out.flush()
            return out.buffer.getvalue().decode(encoding)

        assert json.loads(written("json"))[0]["poster"] == str(path)
        (line,) = written("jsonl").splitlines()
        assert json.loads(line)["poster"] == str(path)
        _, row = csv_rows(written("csv"))
        shown = str(path).encode(encoding, "backslashreplace").decode(encoding)
        assert row[:2] == [shown, "Western"]
        assert written("table").count("\n") == 1

    def test_an_unreadable_file_with_a_strange_name_is_named_on_one_line(self, predict, tmp_path):
        outcome = predict(tmp_path / os.fsdecode(b"caf\xe9\nx.png"))
        assert outcome.code == 1
        assert outcome.err == f"{tmp_path}/caf\\udce9 x.png: there is no such file\n"

    def test_progress_goes_to_stderr(self, predict, images):
        outcome = predict(*images * 10, "--format", "jsonl")
        assert len([json.loads(line) for line in outcome.out.splitlines()]) == 30
        assert "predicting: 100%" in outcome.err


def csv_rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def parsed(text: str, form: str) -> list[dict]:
    """The rows of a format for programs, by their columns' names."""
    if form == "csv":
        return list(csv.DictReader(io.StringIO(text, newline="")))
    return json.loads(text) if form == "json" else [json.loads(line) for line in text.splitlines()]


class TestPipesAndInterrupts:
    def test_a_reader_that_has_had_enough_ends_it_quietly(self, golden):
        poster, classifier = golden / "posters/dusk.png", golden / "classifier"
        # The first is noticed when the buffer is flushed at the end, the second while there is more to print.
        for count in (1, 19 * 20):
            process = start("predict", "--classifier", classifier, *[poster] * count, "--all", stdout=subprocess.PIPE)
            process.stdout.close()
            error = process.stderr.read().decode()
            assert process.wait() == 0
            lines = [line for line in error.replace("\r", "\n").splitlines() if "predicting:" not in line]
            assert [line for line in lines if line.strip()] == []

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
    def test_an_interrupt_ends_it_with_130(self, golden, tmp_path):
        pipe = tmp_path / "slow.png"
        os.mkfifo(pipe)
        # Where the tests run in the background, the shell has interrupts ignored, and children inherit that.
        heeding = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
        process = start(
            "predict", "--classifier", golden / "classifier", pipe, stdout=subprocess.PIPE, preexec_fn=heeding
        )
        # Waits until the other side reads, so that the interrupt comes in the midst of the work.
        with open(pipe, "wb"):
            process.send_signal(signal.SIGINT)
            out, error = process.communicate(timeout=30)
        assert (process.returncode, out, error) == (130, b"", b"posters: interrupted\n")

    def test_what_the_system_refuses_is_one_line(self, posters, table, golden, tmp_path):
        (tmp_path / "file").touch()
        outcome = posters("evaluate", golden / "classifier", table, "--report", tmp_path / "file")
        assert outcome.code == 2
        assert outcome.err.splitlines()[-1].startswith(f"posters: {tmp_path / 'file'}: the report can't be written")
        outcome = posters("train", table, "--run", tmp_path / "run", "--min-posters", 1, "--cache", tmp_path / "file")
        assert outcome.code == 2
        assert outcome.err.splitlines()[-1].startswith("posters: ")
        assert str(tmp_path / "file") in outcome.err.splitlines()[-1]
        assert "Traceback" not in outcome.err


class TestThresholds:
    def test_the_rules_of_a_classifier_are_shown_the_default_first(self, posters, golden):
        outcome = posters("thresholds", golden / "classifier")
        assert (outcome.code, outcome.err) == (0, "")
        lines = outcome.out.splitlines()
        assert lines[0].split() == ["genre", "f1", "fixed", "precision=0.8"]
        assert lines[1].split() == ["Comedy", "0.500", "0.500", "never"]

    def test_another_rule_decides(self, posters, golden):
        poster = golden / "posters" / "dusk.png"
        predict = partial(posters, "predict", poster, "--classifier", golden / "classifier")
        assert "Western" in predict().out
        outcome = predict("--rule", "precision=0.8")
        assert outcome.out == f"{poster}: no genre is sure enough (likeliest: Western 0.66)\n"
        assert "no rule 'best', but f1, fixed, precision=0.8" in predict("--rule", "best").refusal

    def test_a_rule_is_fitted_on_the_runs_validation_scores_and_kept(self, posters, run_with_scores):
        outcome = posters("thresholds", run_with_scores, "--add", "recall=0.4", "--default", "recall=0.4")
        assert outcome.code == 0
        rules = load_classifier(run_with_scores).manifest.rules
        assert [rule.optimises for rule in rules] == ["recall=0.4", "f1", "fixed", "precision=0.8"]
        assert rules[0].fitted_on == "validation, 40 posters"
        # Of 20 positives from 0.88 down by 0.02, finding 12 shows a recall of 0.4 (lower bound 0.43; of 11, 0.38).
        assert rules[0].values == pytest.approx((0.65,) * 4)
        assert "recall=0.4" in (run_with_scores / "classifier" / "MODEL_CARD.md").read_text()
        assert "recall=0.4 decides unless another is asked for" in posters("thresholds", run_with_scores).out

    def test_what_can_not_be_fitted_is_refused_and_changes_nothing(self, posters, run_with_scores, golden, tmp_path):
        before = (run_with_scores / "classifier" / "classifier.json").read_bytes()
        assert "a rule is " in posters("thresholds", run_with_scores, "--add", "recall=2").refusal
        assert "has no rule 'best'" in posters("thresholds", run_with_scores, "--default", "best").refusal
        assert (run_with_scores / "classifier" / "classifier.json").read_bytes() == before
        lone = tmp_path / "lone"
        shutil.copytree(golden / "classifier", lone)
        assert "keeps no validation scores" in posters("thresholds", lone, "--add", "recall=0.4").refusal
        assert "is no classifier" in posters("thresholds", tmp_path / "none").refusal


@pytest.fixture
def run_with_scores(tiny_classifier, tmp_path):
    """A run of the golden classifier with 40 validation posters, half of them positives, alike for every genre."""
    run = Run(tmp_path / "run")
    shutil.copytree(tiny_classifier, run.classifier)
    y_score = np.concatenate([np.linspace(0.5, 0.88, 20), np.linspace(0.01, 0.4, 20)])
    columns = [np.tile(values[:, None], 4) for values in (y_score, np.arange(40) < 20)]
    write_scores(Scores(tuple(map(str, range(40))), GENRES, *columns), run.scores("validation"))
    return run.path


class TestCompare:
    def test_two_runs_on_their_common_posters(self, posters, finished_run, tmp_path):
        shutil.copytree(finished_run, tmp_path / "twin")
        outcome = posters("compare", finished_run, tmp_path / "twin", "--json", tmp_path / "comparison.json")
        assert outcome.code == 0
        assert "1 posters that all runs have" in outcome.out
        assert "shows no difference from" in " ".join(outcome.out.split())
        assert json.loads((tmp_path / "comparison.json").read_text())["posters"] == 1

    def test_what_can_not_be_compared_is_one_line(self, posters, finished_run, tmp_path):
        assert "at least two different runs" in posters("compare", finished_run).refusal
        assert "is no run: there is no such directory" in posters("compare", finished_run, tmp_path / "none").refusal


class TestEvaluate:
    def test_a_classifier_on_a_table(self, posters, table, golden, tmp_path):
        outcome = posters("evaluate", golden / "classifier", table, "--report", tmp_path / "report")
        assert outcome.code == 0
        # By hand, from scores.json: Western ranks dusk (its one positive) second of three, all others are right.
        assert outcome.out.splitlines()[2].startswith("Macro mAP 0.875 (95% interval ")
        assert "0.333 by chance" in outcome.out
        assert "wrote" not in outcome.out
        written = json.loads((tmp_path / "report" / "evaluation.json").read_text())
        assert written["posters"] == 3
        assert [genre["name"] for genre in written["genres"]] == list(GENRES)
        assert "Macro mAP 0.875" in (tmp_path / "report" / "evaluation.md").read_text()
        for name in ("index.html", "evaluation.json", "evaluation.md"):
            assert f"wrote {tmp_path / 'report' / name}\n" in outcome.err

    def test_the_report_of_a_table_goes_to_the_working_directory(self, posters, table, golden, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert posters("evaluate", golden / "classifier", table).code == 0
        assert (tmp_path / "report" / "evaluation.json").is_file()

    def test_no_genre_of_the_table_is_left_out_unasked(self, posters, table, golden, tmp_path):
        """A genre with few posters in the table must not count as absent from posters that have it."""
        posters("evaluate", golden / "classifier", table, "--report", tmp_path / "report")
        written = json.loads((tmp_path / "report" / "evaluation.json").read_text())
        assert [genre["positives"] for genre in written["genres"]] == [1, 1, 1, 1]

    def test_an_unreadable_poster_is_named_and_the_rest_is_judged(self, posters, table, golden, tmp_path):
        (table.parent / "images" / "ghost.png").write_text("no image")
        outcome = posters("evaluate", golden / "classifier", table, "--report", tmp_path / "report")
        assert outcome.code == 1
        assert "3 is left out: " in outcome.err
        assert json.loads((tmp_path / "report" / "evaluation.json").read_text())["posters"] == 2

    def test_genres_that_the_classifier_does_not_know_are_named(self, posters, table, golden, tmp_path):
        table.write_text(TABLE + "4,dusk.png,War\n")
        outcome = posters("evaluate", golden / "classifier", table, "--report", tmp_path / "report")
        assert outcome.code == 2
        assert "does not know: War" in outcome.err.splitlines()[-1]
        assert not (tmp_path / "report").exists()
        outcome = posters(
            "evaluate", golden / "classifier", table, "--report", tmp_path / "report", "--ignore-unknown-genres"
        )
        assert outcome.code == 0
        assert "genres left out, since the classifier doesn't know them: War" in outcome.err
        assert 'genres left out: \\["War"\\]' in (tmp_path / "report" / "evaluation.md").read_text()

    @pytest.mark.parametrize(("side", "posters_there"), [(None, 1), ("test", 1), ("validation", 1), ("train", 1)])
    def test_a_run_is_judged_on_a_side_of_its_own_split(self, posters, finished_run, side, posters_there):
        outcome = posters("evaluate", finished_run, *(["--side", side] if side else []))
        assert outcome.code == 0
        written = json.loads((finished_run / "report" / "evaluation.json").read_text())
        assert (written["side"], written["posters"]) == (side or "test", posters_there)

    def test_the_images_of_a_run_may_have_moved(self, posters, finished_run, table, tmp_path):
        (table.parent / "images").rename(tmp_path / "moved")
        assert posters("evaluate", finished_run).code == 2
        assert posters("evaluate", finished_run, "--images", tmp_path / "moved").code == 0

    def test_there_is_no_other_side(self, posters, finished_run):
        message = posters("evaluate", finished_run, "--side", "tset").refusal
        assert "--side" in message
        assert "'train', 'validation', 'test'" in message

    def test_a_table_has_no_sides(self, posters, golden, table):
        message = posters("evaluate", golden / "classifier", table, "--side", "test").refusal
        assert message.startswith("--side names a side of the run's own split")

    @pytest.mark.parametrize(
        "option", ["--corrections=x.csv", "--alias=Suspense=Thriller", "--dialect=imdb", "--ignore-unknown-genres"]
    )
    def test_a_run_is_not_read_anew(self, posters, finished_run, option):
        message = posters("evaluate", finished_run, option).refusal
        assert message.startswith(f"{option.split('=')[0]} says how to read a table")

    def test_a_directory_that_is_no_run(self, posters, tmp_path):
        assert posters("evaluate", tmp_path).refusal.startswith(f"{tmp_path} ")

    def test_a_directory_that_does_not_exist(self, posters, tmp_path):
        assert posters("evaluate", tmp_path / "no").refusal == f"{tmp_path / 'no'}: there is no such directory"

    def test_a_classifier_alone_needs_a_table(self, posters, golden):
        message = posters("evaluate", golden / "classifier").refusal
        assert "TABLE" in message
        assert "train" not in message.replace("trained", "")


class TestCatalogue:
    def test_it_counts_each_genre(self, posters, table):
        outcome = posters("catalogue", table, "--min-posters", 1)
        assert outcome.code == 0
        assert [line.split() for line in outcome.out.splitlines()] == [[name, "1"] for name in GENRES]
        assert outcome.err.startswith(f"{table} (plain): 3 posters of 3 rows, 4 genres")

    def test_its_options_reach_the_reader(self, posters, table, tmp_path):
        (table.parent / "images").rename(tmp_path / "elsewhere")
        options = ["--min-posters", 2, "--images", tmp_path / "elsewhere", "--dialect", "plain"]
        outcome = posters("catalogue", table, *options, "--alias", " Horror = Drama ", "--alias", "Comedy=Drama")
        assert [line.split() for line in outcome.out.splitlines()] == [["Drama", "2"]]

    def test_the_dialects(self, posters):
        import posters as package

        outcome = posters("catalogue", "--dialects")
        assert (outcome.code, outcome.err) == (0, "")
        assert [line.split()[0] for line in outcome.out.splitlines()] == list(package.dialect_names())
        assert all(len(line.split()) > 3 for line in outcome.out.splitlines())

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            ([], "which table? posters catalogue TABLE"),
            (["nowhere.csv"], "nowhere.csv: there is no such table"),
            (["TABLE", "--min-posters", "0"], "min_posters"),
            (["TABLE", "--min-posters", "few"], "--min-posters"),
            (["TABLE", "--dialect", "klingon"], "there is no dialect 'klingon'"),
            (["TABLE", "--images", "nowhere"], "nowhere: there is no such image folder"),
            (["TABLE", "--alias", "Suspense"], "--alias must be OTHER=GENRE, but got 'Suspense'"),
            (["TABLE", "--alias", "=Thriller"], "--alias must be OTHER=GENRE, but got '=Thriller'"),
            (["TABLE", "--alias", "A=Drama", "--alias", "A=War"], "--alias calls 'A' both 'Drama' and 'War'"),
            (["TABLE"], "no genre has 20 posters"),
        ],
        ids=" ".join,
    )
    def test_what_it_refuses(self, posters, table, arguments, says):
        assert says in posters("catalogue", *(table if word == "TABLE" else word for word in arguments)).refusal


class TestSample:
    def test_it_draws_a_catalogue_that_can_be_read(self, posters, tmp_path):
        outcome = posters("sample", tmp_path / "sample", "--count", 3, "--seed", 5)
        assert (outcome.code, outcome.out) == (0, f"{tmp_path / 'sample' / 'posters.csv'}\n")
        assert len(read_catalogue(tmp_path / "sample" / "posters.csv", min_posters=1)) == 3

    def test_it_refuses_to_draw_over_something_else(self, posters, tmp_path):
        (tmp_path / "diary.txt").touch()
        assert str(tmp_path) in posters("sample", tmp_path, "--count", 3).refusal
        assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]

    @pytest.mark.parametrize("options", [["--count", "0"], ["--count", "many"], ["--seed", "-1"]], ids=" ".join)
    def test_numbers_that_it_cannot_use(self, posters, tmp_path, options):
        assert options[0].strip("-") in posters("sample", tmp_path / "sample", *options).refusal
        assert not (tmp_path / "sample").exists()


class TestTrainOptions:
    """What the command line hands to `posters.train`, which is replaced here."""

    @pytest.fixture
    def handed(self, posters, table, tmp_path, monkeypatch):
        calls = []

        def fake_train(catalogue, run, config, **options):
            calls.append(SimpleNamespace(catalogue=catalogue, run=run, config=config, **options))
            return SimpleNamespace(directory=run / "classifier")

        monkeypatch.setattr("posters.tasks.train.train", fake_train)

        def run(*arguments: object, directory: str = "run"):
            outcome = posters("train", table, "--run", tmp_path / directory, "--min-posters", 1, *arguments)
            assert (outcome.code, outcome.out) == (0, f"{tmp_path / directory / 'classifier'}\n")
            return calls.pop()

        return run

    def test_nothing_given_is_the_default_of_everything(self, handed, tmp_path):
        call = handed()
        assert call.config == TrainConfig()
        assert call.run == tmp_path / "run"
        assert (call.sides, call.cache, call.resume, call.tensorboard) == (None, None, False, False)
        assert len(call.catalogue) == 3

    @pytest.mark.parametrize("entry", own_fields(), ids=lambda entry: entry.name)
    def test_each_option_of_the_configs_is_handed_on(self, handed, entry):
        flag = f"--{entry.name.replace('_', '-')}"
        value, partner = another_value(entry), {}
        if entry.name in ("head", "loss"):  # These two go together.
            partner = {"head": "softmax", "loss": "categorical_crossentropy"}
        given = [f"--no-{entry.name}"] if value is False else [flag, value]
        more = [word for name, other in partner.items() if name != entry.name for word in (f"--{name}", other)]
        config = handed(*given, *more).config
        assert config == with_options(TrainConfig(), **{entry.name: value, **partner})
        assert config != TrainConfig()

    def test_the_other_options_are_handed_on(self, handed, tmp_path):
        (tmp_path / "split.csv").write_text("id,side\n1,train\n2,validation\n3,test\n")
        call = handed("--split", tmp_path / "split.csv", "--cache", tmp_path / "c", "--resume", "--tensorboard")
        assert call.sides == {"1": "train", "2": "validation", "3": "test"}
        assert (call.cache, call.resume, call.tensorboard) == (tmp_path / "c", True, True)

    def test_an_option_overrules_the_config_file(self, handed, tmp_path):
        (tmp_path / "config.toml").write_text("seed = 3\nepochs = 9\n\n[preprocess]\nheight = 64\n")
        config = handed("--config", tmp_path / "config.toml", "--epochs", "2").config
        assert config == with_options(TrainConfig(), seed=3, epochs=2, height=64)

    def test_a_resumed_run_keeps_its_own_config(self, handed, finished_run):
        assert handed("--resume", directory=finished_run.name).config == TrainConfig(seed=7)


def another_value(entry):
    """A value that the option may have and that is not its default."""
    if get_origin(entry.type) is Literal:
        return get_args(entry.type)[-1]
    if entry.type is bool:
        return not entry.default
    if entry.type is str:
        return "none" if entry.name == "weights" else "small_cnn"
    return entry.default + 1 if entry.type is int else entry.default / 2 or 0.5


# What `posters train` refuses: its arguments, and what its one line says. SHOP is a folder with a table, images, split
# files and a run; the commands run in it.
TRAIN_REFUSALS: dict[str, tuple[Sequence[str], str]] = {
    "no table": (["no.csv", "--run", "new"], "no.csv: there is no such table"),
    "no run": (["table.csv"], "--run"),
    "a run that is there": (["table.csv", "--run", "taken"], "taken exists already"),
    "a file for a run": (["table.csv", "--run", "table.csv"], "table.csv exists already"),
    "no images": (["table.csv", "--run", "new", "--images", "nowhere"], "nowhere: there is no such image folder"),
    "images that are not there": (["table.csv", "--run", "new", "--images", "taken"], "no poster is left of its rows"),
    "no number": (["table.csv", "--run", "new", "--epochs", "many"], "argument --epochs: invalid int value: 'many'"),
    "out of range": (["table.csv", "--run", "new", "--dropout", "2"], "dropout must be at most 0.95, but got 2.0"),
    "not a number": (["table.csv", "--run", "new", "--dropout", "nan"], "dropout must be at least 0, but got nan"),
    "no such choice": (["table.csv", "--run", "new", "--pooling", "sum"], "argument --pooling: invalid choice: 'sum'"),
    "no such option": (["table.csv", "--run", "new", "--lerning-rate", "1"], "--lerning-rate"),
    "nothing to train on": (["table.csv", "--run", "new", "--test", "0.85"], "must leave posters to train on"),
    "head without its loss": (["table.csv", "--run", "new", "--head", "softmax"], "head 'softmax' can't learn"),
    "too small": (["table.csv", "--run", "new", "--height", "8"], "height must be at least 16, but got 8"),
    "class weights": (["table.csv", "--run", "new", "--class-weight", "balanced"], "takes the argmax of a multi-hot"),
    "class weights, bare": (["table.csv", "--run", "new", "--class-weight"], "takes the argmax of a multi-hot"),
    "a malformed alias": (["table.csv", "--run", "new", "--alias", "Suspense"], "--alias must be OTHER=GENRE"),
    "no config": (["table.csv", "--run", "new", "--config", "no.toml"], "no.toml: the config can't be read"),
    "a config that is none": (["table.csv", "--run", "new", "--config", "table.csv"], "table.csv: not TOML"),
    "a config's wrong key": (["table.csv", "--run", "new", "--config", "typo.toml"], "there is no option 'epoch'"),
    "no split": (["table.csv", "--run", "new", "--split", "no.csv"], "no.csv: the split can't be read"),
    "no such side": (["table.csv", "--run", "new", "--split", "dev.csv"], "dev.csv, row 2: a split has the columns"),
    "twice in the split": (["table.csv", "--run", "new", "--split", "twice.csv"], "the poster '1' stands in the split"),
    "other options, resumed": (["table.csv", "--run", "taken", "--resume", "--seed", "8"], "began with seed = 7"),
    "no posters on a side": (
        ["table.csv", "--run", "new", "--split", "sided.csv"],
        "the test side of the split has no",
    ),
    "strangers in the split": (["table.csv", "--run", "new", "--split", "more.csv"], "the split names 1 posters that"),
    "unreadable posters": (["table.csv", "--run", "new", "--images", "broken"], "none of the 3 posters of table.csv"),
}
# These are found once the catalogue has been read, which says on stderr what it holds.
READ_FIRST = {"no posters on a side", "strangers in the split", "unreadable posters", "other options, resumed"}

RUN_ALL = """
import contextlib, io, json, sys
from posters.cli import main
outcomes = {}
for name, arguments in json.load(sys.stdin).items():
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            code = main(arguments)
        except SystemExit as end:
            code = end.code
    outcomes[name] = {"code": code, "out": out.getvalue(), "err": err.getvalue()}
print(json.dumps({"outcomes": outcomes, "loaded": sorted({"tensorflow", "keras"} & set(sys.modules))}))
"""


@pytest.fixture(scope="module")
def shop(golden, tmp_path_factory) -> Path:
    """Where the commands run."""
    shop = tmp_path_factory.mktemp("shop")
    shutil.copytree(golden / "posters", shop / "images")
    (shop / "table.csv").write_text(TABLE)
    (shop / "typo.toml").write_text("epoch = 3\n")
    (shop / "broken").mkdir()
    for name in ("dusk.png", "night.png", "ghost.png"):
        (shop / "broken" / name).write_text("no image")
    sided = "id,side\n1,train\n2,validation\n"
    splits = {"dev": "id,side\n1,dev\n", "twice": sided + "1,test\n", "sided": sided, "more": sided + "9,test\n"}
    for name, text in splits.items():
        (shop / f"{name}.csv").write_text(text)
    catalogue = read_catalogue(shop / "table.csv", min_posters=1, report=False)
    split = Split(("1",), ("2",), ("3",), 7, catalogue.fingerprint())
    Run(shop / "taken").start(TrainConfig(seed=7), split, catalogue)
    return shop


@pytest.fixture(scope="module")
def refused(shop):
    """All of them, in one process that has never seen TensorFlow."""
    common = ["--min-posters", "1", "--cache", "cache"]
    commands = {name: ["train", *arguments, *common] for name, (arguments, _) in TRAIN_REFUSALS.items()}
    commands["class weights, bare"] = ["train", *common, *TRAIN_REFUSALS["class weights, bare"][0]]
    before = sorted(path.relative_to(shop) for path in shop.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-c", RUN_ALL],
        input=json.dumps(commands),
        cwd=shop,
        capture_output=True,
        text=True,
        check=True,
    )
    after = sorted(path.relative_to(shop) for path in shop.rglob("*"))
    left = [path for path in after if path not in before and path.parts[0] != "cache"]
    return SimpleNamespace(**json.loads(done.stdout), left=left)


class TestTrainRefusals:
    @pytest.mark.parametrize("case", TRAIN_REFUSALS)
    def test_one_line_says_what_is_wrong(self, refused, case):
        outcome = Outcome(**refused.outcomes[case])
        if case in READ_FIRST:
            assert "Traceback" not in outcome.err
            outcome = Outcome(outcome.code, outcome.out, outcome.err.splitlines()[-1] + "\n")
        assert TRAIN_REFUSALS[case][1] in outcome.refusal

    def test_none_of_them_leaves_a_run_behind(self, refused):
        assert refused.left == []

    def test_none_of_them_waits_for_tensorflow(self, refused):
        assert refused.loaded == []


def test_the_module_runs_as_a_program(golden, tmp_path):
    process = start(
        "predict", "--classifier", golden / "classifier", golden / "posters/dusk.png", "no.png", stdout=subprocess.PIPE
    )
    out, error = process.communicate(timeout=30)
    assert process.returncode == 1
    assert out.decode() == f"{golden / 'posters/dusk.png'}: Western 0.66\n"
    assert error.decode() == "no.png: there is no such file\n1 of 2 posters could not be read\n"
