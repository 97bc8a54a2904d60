"""`posters predict`: what it prints, in each format."""

import io
import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from PIL import Image

from posters.calibration import no_calibration
from posters.cli import main
from posters.thresholds import fixed_thresholds
from tests.cli.running import GENRES, Outcome, csv_rows, parsed

POSTER = Path(__file__).parents[2] / "docs" / "poster.jpg"


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
        assert csv_rows(predict(images[0], "--format", "csv", classifier=tiny_classifier).out)[1][1:] == [""] * 4
        assert json.loads(predict(images[0], "--format", "json", classifier=tiny_classifier).out)[0]["genres"] == []

    def test_a_picture_that_is_no_poster_is_called_one(self, posters, tmp_path):
        Image.effect_noise((400, 600), 90).save(tmp_path / "noise.png")
        line, other = posters("predict", tmp_path / "noise.png", POSTER, "--format", "table").out.splitlines()
        assert line.endswith(" (unlike the posters it learned from: this may be no poster)")
        assert not other.endswith(")")
        counted = posters("predict", tmp_path / "noise.png", POSTER, "--format", "csv")
        (_, noise, poster) = csv_rows(counted.out)
        assert float(noise[3]) > 1 > float(poster[3])
        assert counted.err == "1 of 2 are unlike the posters that the classifier learned from\n"
        (row,) = json.loads(posters("predict", tmp_path / "noise.png", "--format", "json").out)
        assert row["novelty"] == pytest.approx(float(noise[3]))

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
        assert header == ["poster", "genres", "probabilities", "novelty", "error"]
        for (poster, genres, probabilities, _, _), image in zip(rows, images, strict=True):
            said = classifier.predict(image)
            assert (poster, genres) == (str(image), "|".join(said.genres))
            shown = [float(value) for value in probabilities.split("|")]
            assert shown == pytest.approx([said.probabilities[name] for name in said.genres], abs=1e-6)

    def test_csv_of_all_genres_has_a_column_for_each(self, predict, images, classifier):
        header, *rows = csv_rows(predict(*images, "--format", "csv", "--all").out)
        assert header == ["poster", "genres", *GENRES, "novelty", "error"]
        for (_, _, *values, _, _), image in zip(rows, images, strict=True):
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
        assert second.startswith(f"{bad[1]}: this is not an image in a supported format")
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
        assert "is not a classifier" in predict(images[0], "--format", form, classifier=tmp_path / "none").refusal
        path = tiny_classifier / "classifier.json"
        values = json.loads(path.read_text())
        values["genre_names"], values["prior"] = list(GENRES[:3]), [0.1] * 3
        values["rules"] = [fixed_thresholds(GENRES[:3]).to_dict()]
        values["calibration"] = no_calibration(GENRES[:3]).to_dict()
        path.write_text(json.dumps(values))  # Whole, but for a network of three genres.
        refusal = predict(images[0], "--format", form, classifier=tiny_classifier).refusal
        assert "network.tflite does not map uint8 posters to 3 probabilities" in refusal

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
