"""`posters similar`: what it prints and writes, and what it refuses."""

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from posters.cli import main
from tests.similar.conftest import CLASSIFIER, N


@pytest.fixture
def similar(scans, capsys):
    """Runs the command; gives its exit code, stdout and the lines on stderr that are no progress bar."""

    def run(*arguments: object) -> tuple[int, str, list[str]]:
        code = main(["similar", "--classifier", str(CLASSIFIER), *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, [line for line in err.splitlines() if line and "poster/s]" not in line]

    return run


class TestCommand:
    @pytest.fixture
    def copied(self, scans):
        shutil.copy("scans/07.png", "scans/copy.png")

    def test_a_table_for_people(self, similar, copied):
        code, out, err = similar("scans/07.png", "scans/copy.png", "--in", "scans", "--top", 2)
        assert (code, err) == (0, [])
        first, copy, other, *second = out.splitlines()
        assert (first, copy) == ("scans/07.png:", "  1.000  scans/copy.png  (same picture)")
        assert other.startswith("  0.9")
        assert second == ["scans/copy.png:", "  1.000  scans/07.png  (same picture)", other]

    def test_json_and_its_lines_and_csv_agree(self, similar, copied):
        arguments = ("scans/07.png", "none.png", "scans/01.png", "--in", "scans", "--top", 3)
        code, out, err = similar(*arguments, "--format", "json")
        assert (code, err) == (1, ["none.png: there is no such file"])
        seven, none, one = json.loads(out)
        assert [near["same_picture"] for near in seven["similar"]] == [True, False, False]
        assert none == {"poster": "none.png", "error": "none.png: there is no such file"}
        assert list(map(json.loads, similar(*arguments, "--format", "jsonl")[1].splitlines())) == [seven, none, one]
        rows = list(csv.DictReader(io.StringIO(similar(*arguments, "--format", "csv")[1])))
        assert [row["poster"] for row in rows] == ["scans/07.png"] * 3 + ["none.png"] + ["scans/01.png"] * 3
        assert rows[3]["error"] == "none.png: there is no such file"
        plain = [(row["rank"], row["similar"], float(row["similarity"]), row["same_picture"]) for row in rows[:3]]
        assert plain == [
            (str(rank), near["poster"], near["similarity"], "yes" if near["same_picture"] else "no")
            for rank, near in enumerate(seven["similar"], 1)
        ]

    def test_a_file_has_the_same_output_as_stdout(self, similar, copied):
        _, out, _ = similar("scans/07.png", "--in", "scans", "--format", "jsonl")
        assert similar("scans/07.png", "--in", "scans", "--output", "near.jsonl") == (0, "", [])
        assert Path("near.jsonl").read_text() == out

    def test_a_catalogue_is_a_folder_a_pattern_a_table_or_a_list(self, similar):
        Path("list.txt").write_text("scans/1*.png\nscans/07.png\n")
        Path("shop.csv").write_text("id,image\nseven,07.png\neight,08.png\n")
        found = {}
        options = ("--top", 99, "--images", "scans", "--format", "json")
        for catalogue in ("scans", "scans/1*.png", "list.txt", "shop.csv"):
            code, out, _ = similar("scans/07.png", "--in", catalogue, *options)
            assert code == 0
            found[catalogue] = [near["poster"] for near in json.loads(out)[0]["similar"]]
        assert {name: len(near) for name, near in found.items()} == {
            "scans": N - 1,
            "scans/1*.png": 10,
            "list.txt": 10,
            "shop.csv": 1,
        }
        assert found["shop.csv"] == ["eight"]

    def test_unreadable_posters_of_the_catalogue_are_named_each_time(self, similar):
        Path("scans/bad.png").write_text("no image")
        for _ in range(2):
            code, out, (line,) = similar("scans/07.png", "--in", "scans")
            assert (code, out.count("\n")) == (1, 11)
            assert line.startswith(f"{Path.cwd()}/scans/bad.png: this is not an image in a supported format")

    def test_the_index_is_kept_in_the_given_directory(self, similar, embedded):
        similar("scans/07.png", "--in", "scans", "--index", "kept")
        assert not list(Path("cache").glob("similar-*"))
        Path("elsewhere").mkdir()
        similar("scans/07.png", "--in", "scans")
        assert len(embedded) == 2 * (N + 1)
        assert len(list(Path("cache").glob("similar-*/features-*.npy"))) == 1

    @pytest.mark.parametrize(
        ("arguments", "reason"),
        [
            (["--in", "scans", "--top", "0"], "--top must be 1 or more, but got 0"),
            (["--in", "empty"], "none of the 1 posters can be read: empty: the folder holds"),
            (["--in", "none.txt"], "none.txt: the list of posters can't be read"),
            (
                ["--in", "scans", "--output", "near.parquet"],
                "near.parquet: the suffix .parquet is no format of these results",
            ),
            (["--in", "scans", "--output", "scans"], "scans is a folder: name a file for the results"),
        ],
    )
    def test_impossible_options_are_refused_in_one_line(self, similar, arguments, reason):
        Path("empty").mkdir()
        code, out, err = similar("scans/07.png", *arguments)
        assert (code, out) == (2, "")
        assert err[-1].startswith(f"posters: {reason}")


def test_it_loads_neither_tensorflow_nor_pandas_nor_scikit_learn(scans):
    code = "import sys; from posters.cli import main; assert main(sys.argv[1:]) == 0; print(*sys.modules)"
    command = [sys.executable, "-c", code, "similar", "scans/07.png", "--in", "scans", "--classifier", str(CLASSIFIER)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert "posters" in loaded
    assert not loaded & {"tensorflow", "keras", "pandas", "sklearn", "scipy", "joblib", "usearch", "matplotlib"}


def test_a_cluster_needs_ray_and_an_address_needs_the_engine(similar, scans, monkeypatch):
    code, _, err = similar("scans/07.png", "--in", "scans", "--address", "10.0.0.1:6379")
    assert (code, err) == (2, ["posters: --address is that of a Ray cluster: add --engine ray"])
    monkeypatch.setitem(sys.modules, "ray", None)
    code, _, err = similar("scans/07.png", "--in", "scans", "--engine", "ray")
    assert code == 2
    assert err[-1].startswith("posters: ray is not installed")
