"""`posters predict`: where posters come from, and where and how results go."""

import csv
import io
import json
import os
import shutil
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from posters.classifier import load_classifier
from posters.cli import main

GENRES = ("Comedy", "Drama", "Horror", "Western")
SAID = {"dusk.png": "Western", "ghost.png": "Comedy|Drama|Horror", "night.png": "Comedy|Horror|Western"}


@pytest.fixture
def predict(golden, tmp_path, monkeypatch, capsysbinary):
    """Runs the command in a folder that has `posters` of its own; gives its exit code, stdout and lines on stderr."""
    shutil.copytree(golden / "posters", tmp_path / "posters")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, stdin: bytes = b"") -> tuple[int, bytes, list[str]]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        words = [str(argument) for argument in arguments]
        code = main(["predict", "--classifier", str(golden / "classifier"), *words])
        out, err = capsysbinary.readouterr()
        return code, out, err.decode().splitlines()

    return run


@pytest.fixture
def named(predict):
    """The names and the genres, joined by |, of what is predicted without any failure."""

    def run(*arguments: object, **options) -> dict[str, str]:
        code, out, err = predict(*arguments, "--format", "jsonl", **options)
        assert (code, err) == (0, [])
        rows = map(json.loads, out.splitlines())
        return {row["poster"]: "|".join(entry["genre"] for entry in row["genres"]) for row in rows}

    return run


def refusal(outcome) -> str:
    code, out, (line,) = outcome
    assert (code, out) == (2, b"")
    return line.removeprefix("posters: ")


class TestSources:
    def test_a_pattern_gives_the_files_that_match_sorted(self, named):
        Path("posters/more.d").mkdir()
        shutil.copy("posters/dusk.png", "posters/more.d/deep.png")
        assert list(named("posters/*")) == [f"posters/{name}" for name in sorted(SAID)]
        assert list(named("posters/[gn]*.png")) == ["posters/ghost.png", "posters/night.png"]
        assert list(named("posters/**/d*.png")) == ["posters/dusk.png", "posters/more.d/deep.png"]

    def test_a_file_whose_name_looks_like_a_pattern_is_that_file(self, named):
        shutil.copy("posters/dusk.png", "[REC] 2.png")
        shutil.copy("posters/dusk.png", "2.png")
        assert list(named("[REC] 2.png")) == ["[REC] 2.png"]

    def test_standard_input_gives_one_image(self, named):
        assert named("-", stdin=Path("posters/ghost.png").read_bytes()) == {"-": SAID["ghost.png"]}

    @pytest.mark.parametrize(("data", "reason"), [(b"", "the file is empty"), (b"text", "this is no image")])
    def test_standard_input_without_an_image(self, predict, data, reason):
        code, out, (line,) = predict("-", stdin=data)
        assert (code, out) == (1, b"")
        assert line.startswith(f"-: {reason}")

    def test_a_list_names_more_a_line_each(self, named):
        Path("list.txt").write_bytes(b"posters/night.png\n\nposters/d*.png\r\n" + b"caf\xe9.png\n")
        shutil.copy("posters/dusk.png", b"caf\xe9.png")
        expected = ["posters/ghost.png", "posters/night.png", "posters/dusk.png", os.fsdecode(b"caf\xe9.png")]
        assert list(named("posters/ghost.png", "--from-file", "list.txt")) == expected
        assert list(named("--from-file", "-", stdin=Path("list.txt").read_bytes())) == expected[1:]

    def test_a_list_that_is_not_there_and_no_poster_at_all_are_refused(self, predict):
        assert refusal(predict("--from-file", "none.txt")).startswith("none.txt: the list of posters can't be read")
        assert refusal(predict()) == "no poster is named: name some as POSTER, or in a file with --from-file"

    @pytest.mark.parametrize("table", ["shop.csv", "shop.json"])
    def test_a_table_gives_its_posters_by_their_ids(self, named, table):
        rows = [{"id": "7", "image": "night.png"}, {"id": "3", "image": "dusk.png"}]
        Path("shop.json").write_text(json.dumps(rows))
        Path("shop.csv").write_text("id,image\n7,night.png\n3,dusk.png\n")
        said = {"7": SAID["night.png"], "3": SAID["dusk.png"]}
        assert list(named(table).items()) == list(said.items())
        Path("posters").rename("elsewhere")
        assert named(table, "--images", "elsewhere", "--dialect", "plain") == said

    def test_a_table_that_can_not_be_used_is_refused(self, predict):
        Path("shop.csv").write_text("title\nAlien\n")
        assert "no dialect recognises it" in refusal(predict("posters/dusk.png", "shop.csv"))

    def test_whatever_names_no_poster_is_one_line_and_the_rest_goes_on(self, predict):
        Path("empty").mkdir()
        Path("shop.csv").write_text("id,image\n1,none.png\n2,\n")
        code, out, err = predict("x*.png", "empty", "shop.csv", "shop.tsv", "posters/dusk.png", "http://127.0.0.1:1/x")
        assert (code, out) == (1, b"posters/dusk.png: Western 0.66\n")
        assert [line.partition(" (")[0] for line in err] == [
            "x*.png: no file matches this pattern",
            "empty: the folder holds no images",
            "posters/none.png: there is no such file",
            "shop.csv: row 3: no image is named",
            "shop.tsv: there is no such file",
            "http://127.0.0.1:1/x: it can't be reached",
            "6 of 7 posters could not be read",
        ]

    def test_addresses_are_fetched_and_named_as_they_are(self, predict, tmp_path):
        class Handler(SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=str(tmp_path / "posters"))

            def log_message(self, *_):
                pass

        Path("posters/notes.png").write_text("no image")
        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{server.server_port}"
            code, out, err = predict(f"{url}/dusk.png", f"{url}/notes.png", f"{url}/night.png", "--top", 1)
            server.shutdown()
        assert (code, out.decode()) == (1, f"{url}/dusk.png: Western 0.66\n{url}/night.png: Comedy 1.00\n")
        assert err[0].startswith(f"{url}/notes.png: this is no image that can be read")

    def test_posters_in_the_hundreds_keep_their_order(self, predict):
        names = list(SAID) * 100
        code, out, _ = predict(*(f"posters/{name}" for name in names), "--format", "csv")
        assert code == 0
        rows = list(csv.reader(io.StringIO(out.decode(), newline="")))[1:]
        assert [row[:2] for row in rows] == [[f"posters/{name}", SAID[name]] for name in names]


class TestChoices:
    def test_the_likeliest_few(self, named):
        assert named("posters/dusk.png", "--top", 2) == {"posters/dusk.png": "Western|Drama"}

    def test_one_threshold_for_all(self, named):
        assert named("posters/night.png", "--threshold", 0.7) == {"posters/night.png": "Comedy|Horror"}

    def test_all_probabilities_mark_what_is_said(self, predict):
        _, out, _ = predict("posters/dusk.png", "--top", 2, "--all")
        assert [line.split()[0] for line in out.decode().splitlines()[1:]] == ["*", "*", "Horror", "Comedy"]

    @pytest.mark.parametrize(
        ("options", "reason"),
        [
            (("--top", 0), "top must be a whole number from 1 up, but got 0"),
            (("--threshold", 2), "threshold must be a number from 0 to 1, but got 2.0"),
            (("--top", 1, "--rule", "f1"), "rule, top and threshold each say which genres are said: give one of them"),
        ],
    )
    def test_what_makes_no_sense_is_refused_and_writes_nothing(self, predict, options, reason):
        assert refusal(predict("posters/dusk.png", *options, "--output", "said.json")) == reason
        assert not Path("said.json").exists()


class TestOutput:
    @pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "parquet"])
    def test_a_file_gets_what_stdout_would(self, predict, form):
        pytest.importorskip("pyarrow") if form == "parquet" else None
        arguments = ("posters", "none.png", "--format", form)
        code, out, err = predict(*arguments)
        assert predict(*arguments, "--output", "deep/said.txt") == (code, b"", err)
        assert Path("deep/said.txt").read_bytes() == out
        assert os.listdir("deep") == ["said.txt"]

    @pytest.mark.parametrize(
        ("name", "begins"), [("a.json", b"["), ("a.JSONL", b"{"), ("a.csv", b"poster,"), ("a", b"p")]
    )
    def test_the_suffix_says_the_format_unless_another_is_asked_for(self, predict, name, begins):
        assert predict("posters", "--output", name)[0] == 0
        assert Path(name).read_bytes().startswith(begins)
        assert predict("posters", "--output", name, "--format", "json")[0] == 0
        assert Path(name).read_bytes().startswith(b"[")

    def test_an_interrupt_leaves_the_old_file_as_it_was(self, predict, monkeypatch):
        Path("said.csv").write_text("old")

        def interrupted(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr("posters.classifier.classifier.Classifier._prediction", interrupted)
        code, out, err = predict("posters", "--output", "said.csv")
        assert (code, out, err) == (130, b"", ["posters: interrupted"])
        assert Path("said.csv").read_text() == "old"
        assert sorted(os.listdir()) == ["posters", "said.csv"]

    def test_a_folder_is_no_file_and_a_device_is_not_replaced(self, predict):
        assert refusal(predict("posters", "--output", "posters")) == "posters is a folder: name a file for the results"
        os.mkfifo("pipe")
        read: list[bytes] = []
        reader = threading.Thread(target=lambda: read.append(Path("pipe").read_bytes()))
        reader.start()
        assert predict("posters/dusk.png", "--output", "pipe")[0] == 0
        reader.join()
        assert read == [b"posters/dusk.png: Western 0.66\n"]

    def test_no_cell_of_a_csv_is_a_formula(self, predict):
        shutil.copy("posters/dusk.png", "=1+1.png")
        _, out, _ = predict("=1+1.png", "--format", "csv")
        assert out.splitlines()[1].startswith(b"'=1+1.png,Western,")


class TestParquet:
    @pytest.fixture
    def read(self, predict):
        parquet = pytest.importorskip("pyarrow.parquet")

        def run(*arguments: object):
            _, out, _ = predict(*arguments, "--format", "parquet")
            return parquet.read_table(io.BytesIO(out))

        return run

    def test_it_says_what_predict_says(self, read, golden):
        table = read("posters", "none.png")
        assert table.column_names == ["poster", "genres", "probabilities", "error"]
        *rows, last = table.to_pylist()
        classifier = load_classifier(golden / "classifier")
        for row in rows:
            said = classifier.predict(row["poster"])
            assert (row["genres"], row["error"]) == (list(said.genres), None)
            assert row["probabilities"] == pytest.approx([said.probabilities[name] for name in said.genres])
        assert last == {"poster": "none.png", "genres": None, "probabilities": None} | {
            "error": "none.png: there is no such file"
        }

    def test_all_genres_have_a_column_each(self, read, golden):
        table = read("posters", "--all")
        assert table.column_names == ["poster", "genres", *GENRES, "error"]
        said = load_classifier(golden / "classifier").predict("posters/dusk.png").probabilities
        assert {name: table[name][0].as_py() for name in GENRES} == pytest.approx(said)

    def test_rows_are_written_in_batches(self, read, monkeypatch):
        monkeypatch.setattr("posters.cli.parquet._BATCH", 2)
        assert read("posters", "posters")["poster"].to_pylist() == [f"posters/{name}" for name in sorted(SAID)] * 2

    def test_a_name_that_is_no_text(self, read):
        shutil.copy("posters/dusk.png", b"caf\xe9.png")
        assert read(os.fsdecode(b"caf\xe9.png"))["poster"].to_pylist() == ["caf\\udce9.png"]

    def test_a_terminal_gets_none(self, predict, monkeypatch):
        pytest.importorskip("pyarrow")
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        line = refusal(predict("posters", "--format", "parquet"))
        assert line == "parquet is not for terminals: name a file with --output, or pipe it"


def test_a_huge_poster_is_one_line_and_the_rest_goes_on(predict):
    Image.new("1", (12_000, 10_001)).save("huge.png", compress_level=1)
    code, out, err = predict("huge.png", "posters/dusk.png")
    assert (code, out) == (1, b"posters/dusk.png: Western 0.66\n")
    assert err[0] == "huge.png: the image has 120,012,000 pixels, and at most 120,000,000 are read"
