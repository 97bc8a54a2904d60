"""`posters predict`: where posters come from, and where and how results go."""

import base64
import csv
import io
import json
import os
import shutil
import sys
import threading
from codecs import BOM_UTF8
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
    def test_what_systems_leave_in_folders_is_passed_over(self, named, golden):
        for name in ("._dusk.png", "Thumbs.db", ".DS_Store", "desktop.ini", ".hidden.jpg", "Desktop.ini"):
            Path("posters", name).write_bytes(b"no image")
        assert named("posters") == {f"posters/{name}": genres for name, genres in SAID.items()}
        assert named("posters/*") == {f"posters/{name}": genres for name, genres in SAID.items()}
        Path("posters/.own.png").write_bytes(Path("posters/dusk.png").read_bytes())
        assert list(named("posters/.o*")) == ["posters/.own.png"]

    def test_a_folder_of_such_files_alone_holds_no_images(self, predict):
        Path("left").mkdir()
        Path("left/._dusk.png").write_bytes(b"no image")
        code, _, err = predict("left")
        assert (code, err) == (1, ["left: the folder holds no images, and nothing else"])

    def test_images_are_known_by_content_and_what_is_left_out_is_counted(self, predict):
        Path("scans/deep").mkdir(parents=True)
        for name in ("brazil.jfif", "brazil", "alien.scan"):
            shutil.copy("posters/dusk.png", f"scans/{name}")
        shutil.copy("posters/dusk.png", "scans/deep/heat.png")
        for name in ("notes.txt", "BMW", "empty"):
            Path("scans", name).write_text("BMW and P5, but no image" * (name != "empty"))
        os.mkfifo("scans/pipe")
        Path("scans/deep/up").symlink_to(Path("scans").absolute())
        code, out, err = predict("scans")
        assert (code, [line.split(b":")[0] for line in out.splitlines()]) == (
            0,
            [b"scans/alien.scan", b"scans/brazil", b"scans/brazil.jfif"],
        )
        left_out = "4 files of other kinds (BMW, empty, notes.txt and pipe)"
        assert err == [f"scans: left out: {left_out} and 1 image in sub-folders, which --recursive takes too"]
        code, out, err = predict("scans", "--recursive")
        assert (code, len(out.splitlines()), err) == (0, 4, [f"scans: left out: {left_out}"])
        assert out.splitlines()[-1].startswith(b"scans/deep/heat.png:")

    def test_each_file_is_one_poster_however_many_links_lead_to_it(self, predict):
        Path("scans/deep").mkdir(parents=True)
        shutil.copy("posters/dusk.png", "scans/z.png")
        shutil.copy("posters/dusk.png", "scans/deep/heat.png")
        for link, target in {"self": ".", "a.png": "z.png", "deep/up": "..", "more": "deep", "loop": "loop"}.items():
            Path("scans", link).symlink_to(target)
        expected = [b"scans/deep/heat.png", b"scans/z.png"]
        for words in (["scans", "--recursive"], ["scans/**"], ["scans/**/*.png"], ["./scans/**/**/*.png"]):
            code, out, _ = predict(*words)
            assert (code, [line.split(b":")[0].removeprefix(b"./") for line in out.splitlines()]) == (0, expected)
        code, out, err = predict("scans")
        assert (code, len(out.splitlines())) == (0, 1)
        assert err == [
            "scans: left out: 1 file of another kind (loop) and 1 image in sub-folders, which --recursive takes too"
        ]

    def test_a_link_out_of_a_folder_is_left_out_and_named(self, predict):
        Path("scans").mkdir()
        shutil.copy("posters/dusk.png", "scans/own.png")
        Path("scans/night.png").symlink_to(Path("posters/night.png").absolute())
        Path("scans/all").symlink_to("../posters")
        for word in ("scans", "scans/*", "scans/*.png"):
            code, out, err = predict(word)
            assert (code, len(out.splitlines()), len(err)) == (0, 1, 1)
            assert "out of the folder, not followed unless named (" in err[0]
            assert "night.png" in err[0]
        assert predict("scans/night.png")[0] == 0, "A link that a person names is his own business."

    def test_a_loop_of_links_ends(self, predict):
        """Of each of two links to the folder itself, with both again inside, the system gives 2 to the power of 40."""
        Path("scans").mkdir()
        for name in "abcdef":
            Path("scans", name).symlink_to(".")
        shutil.copy("posters/dusk.png", "scans/own.png")
        code, out, _ = predict("scans/**/*.png")
        assert (code, out.count(b"\n")) == (0, 1)

    def test_a_pipe_or_a_device_called_as_an_image_does_not_hang(self, predict):
        Path("scans").mkdir()
        os.mkfifo("scans/x.jpg")
        Path("zero.jpg").symlink_to("/dev/zero")
        for name in ("scans/x.jpg", "zero.jpg", "/dev/zero"):
            code, _, err = predict(name)
            assert (code, err) == (
                1,
                [f"{name}: the file can't be read (it is a pipe or a device, not a regular file)"],
            )
        code, _, err = predict("scans")
        assert (code, err) == (1, ["scans: the folder holds no images, but 1 file of another kind (x.jpg)"])

    def test_a_folder_without_images_tells_what_it_holds(self, predict):
        Path("left/deep").mkdir(parents=True)
        Path("left/notes.txt").write_text("no image")
        shutil.copy("posters/dusk.png", "left/deep/heat")
        code, _, err = predict("left")
        assert (code, err) == (
            1,
            [
                "left: the folder holds no images, but 1 file of another kind (notes.txt) and 1 image in sub-folders, "
                "which --recursive takes too"
            ],
        )

    def test_a_data_url_is_a_poster_with_a_short_name(self, named):
        data = base64.b64encode(Path("posters/dusk.png").read_bytes()).decode()
        ((name, genres),) = named(f"data:image/png;base64,{data}").items()
        assert (name[:30], len(name), genres) == (f"data:image/png;base64,{data[:8]}", 80, "Western")

    def test_a_damaged_data_url_is_one_short_line(self, predict):
        code, _, err = predict(f"data:image/png;base64,{900 * 'A'}!")
        assert (code, len(err)) == (1, 1)
        assert len(err[0]) < 250

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

    @pytest.mark.parametrize(("data", "reason"), [(b"", "the file is empty"), (b"text", "this is not an image")])
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
            "empty: the folder holds no images, and nothing else",
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
        assert err[0].startswith(f"{url}/notes.png: this is not an image in a supported format")

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
            (("--top", 1, "--rule", "f1"), "rule, top and threshold exclude each other: give one of them"),
        ],
    )
    def test_what_makes_no_sense_is_refused_and_writes_nothing(self, predict, options, reason):
        assert refusal(predict("posters/dusk.png", *options, "--output", "said.json")) == reason
        assert not Path("said.json").exists()


class TestOutput:
    @pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "tsv", "html", "parquet"])
    def test_a_file_gets_what_stdout_would(self, predict, form):
        pytest.importorskip("pyarrow") if form == "parquet" else None
        arguments = ("posters", "none.png", "--format", form)
        code, out, err = predict(*arguments)
        assert predict(*arguments, "--output", "deep/said.txt") == (code, b"", err)
        # Only a file needs the mark by which Excel knows UTF-8.
        assert Path("deep/said.txt").read_bytes() == (BOM_UTF8 if form in ("csv", "tsv") else b"") + out
        assert [path.name for path in Path("deep").iterdir()] == ["said.txt"]

    @pytest.mark.parametrize(
        ("name", "begins"),
        [
            *[
                ("a.json", b"["),
                ("a.JSONL", b"{"),
                ("a.csv", BOM_UTF8 + b"poster,"),
                ("a", b"posters/"),
                ("a.txt", b"p"),
            ],
            *[
                ("a.tsv", BOM_UTF8 + b"poster\t"),
                ("a.html", b"<!doctype html>"),
                ("a.xlsx", b"PK"),
                ("a.parquet", b"PAR1"),
            ],
        ],
    )
    def test_the_suffix_says_the_format_unless_another_is_asked_for(self, predict, name, begins):
        assert predict("posters", "--output", name)[0] == 0
        assert Path(name).read_bytes().startswith(begins)
        assert predict("posters", "--output", name, "--format", "json")[0] == 0
        assert Path(name).read_bytes().startswith(b"[")

    @pytest.mark.parametrize("name", ["a.xls", "a.pdf", "a.csv.gz", "a.v2"])
    def test_a_suffix_that_is_no_format_is_refused_before_anything_is_computed(self, predict, monkeypatch, name):
        monkeypatch.setattr("posters.classifier.load_classifier", None)
        line = refusal(predict("posters", "--output", name))
        suffix = Path(name).suffix
        assert line.startswith(f"{name}: the suffix {suffix} is no format of these results: use .csv, .tsv, .xlsx")
        assert not Path(name).exists()

    def test_a_workbook_has_text_and_numbers_and_no_formula(self, predict):
        openpyxl = pytest.importorskip("openpyxl")
        shutil.copy("posters/dusk.png", "=1+Am\N{LATIN SMALL LETTER E WITH ACUTE}lie.png")
        shutil.copy("posters/dusk.png", "tab\x01.png")
        name = "=1+Am\N{LATIN SMALL LETTER E WITH ACUTE}lie.png"
        assert predict(name, "tab\x01.png", "none.png", "--all", "--output", "a.xlsx")[0] == 1
        header, first, second, third = openpyxl.load_workbook("a.xlsx").active.iter_rows()
        assert [cell.value for cell in header] == ["poster", "genres", *GENRES, "novelty", "error"]
        assert [cell.data_type for cell in first[:6]] == ["s", "s", *"nnnn"]
        assert (first[0].value, first[0].data_type, first[1].value) == (name, "s", "Western")
        assert first[5].value == pytest.approx(0.662513)
        assert second[0].value == "tab\N{REPLACEMENT CHARACTER}.png"
        assert third[7].value == "none.png: there is no such file"

    def test_a_page_shows_the_posters_and_runs_nothing_of_their_names(self, predict):
        shutil.copy("posters/dusk.png", "<script>.png")
        assert predict("<script>.png", "none<b>.png", "--output", "a.html")[0] == 1
        page = Path("a.html").read_text()
        assert Path("<script>.png").absolute().as_uri() in page
        assert "<li><meter value=0.6625></meter> Western 0.66" in page
        assert "none&lt;b&gt;.png: there is no such file" in page
        assert "<script" not in page
        assert "<b>" not in page

    def test_an_interrupt_leaves_the_old_file_as_it_was(self, predict, monkeypatch):
        Path("said.csv").write_text("old")

        def interrupted(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr("posters.classifier.runtime.Network.outputs", interrupted)
        code, out, err = predict("posters", "--output", "said.csv")
        assert (code, out, err) == (130, b"", ["posters: interrupted"])
        assert Path("said.csv").read_text() == "old"
        assert sorted(path.name for path in Path().iterdir()) == ["posters", "said.csv"]

    def test_a_folder_is_no_file_and_a_device_is_not_replaced(self, predict):
        line = refusal(predict("posters", "--output", "posters"))
        assert line == f"{Path('posters').absolute()} holds other files: name a new folder as --output"
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
        assert table.column_names == ["poster", "genres", "probabilities", "novelty", "error"]
        *rows, last = table.to_pylist()
        classifier = load_classifier(golden / "classifier")
        for row in rows:
            said = classifier.predict(row["poster"])
            assert (row["genres"], row["error"]) == (list(said.genres), None)
            assert row["probabilities"] == pytest.approx([said.probabilities[name] for name in said.genres])
        assert last == {"poster": "none.png", "genres": None, "probabilities": None, "novelty": None} | {
            "error": "none.png: there is no such file"
        }

    def test_all_genres_have_a_column_each(self, read, golden):
        table = read("posters", "--all")
        assert table.column_names == ["poster", "genres", *GENRES, "novelty", "error"]
        said = load_classifier(golden / "classifier").predict("posters/dusk.png").probabilities
        assert {name: table[name][0].as_py() for name in GENRES} == pytest.approx(said)

    def test_rows_are_written_in_batches(self, read, monkeypatch):
        monkeypatch.setattr("posters.classifier.prediction_rows.ROWS_PER_GROUP", 2)
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
    assert err[0] == "huge.png: the image has 120,012,000 pixels, more than the limit of 120,000,000: scale it down"
