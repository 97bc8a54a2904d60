"""`posters audit`: exit codes, what it prints and what it writes."""

import csv
import json
import os
import subprocess
import sys

import pytest

from posters.cli import main
from tests.audit.conftest import jpeg, picture


@pytest.fixture
def run(shop, capsys):
    """Audits the shop by the command line: exit code, stdout and stderr."""

    def run(*arguments):
        capsys.readouterr()
        paths = [str(shop.table), "--images", str(shop.images), "--cache", str(shop.folder / "cache")]
        code = main(["audit", *paths, "--min-posters", "1", *map(str, arguments)])
        return code, *capsys.readouterr()

    return run


def spoil(shop, severity):
    if severity == "error":
        shop.add("e")
    elif severity == "warning":
        shop.add("e", genres="", data=jpeg(picture(9)))
    elif severity == "note":
        shop.put("spare.png", b"")


@pytest.mark.parametrize(
    ("severity", "failing"),
    [("error", ("error", "warning", "note")), ("warning", ("warning", "note")), ("note", ("note",)), (None, ())],
)
def test_the_exit_code_obeys_fail_on(shop, run, severity, failing):
    spoil(shop, severity)
    codes = {limit: run("--fail-on", limit)[0] for limit in ("error", "warning", "note", "never")}
    assert codes == {limit: int(limit in failing) for limit in codes}
    assert run()[0] == codes["error"]


def test_the_summary_is_on_stdout_and_the_bar_on_stderr(shop, run):
    code, out, err = run()
    assert code == 0
    assert out.startswith(str(shop.table))
    assert "inspecting" not in out
    assert "inspecting: 100%" in err
    assert run()[2] == ""


def test_json_and_csv_agree(shop, run):
    spoil(shop, "error")
    shop.put("=cmd.png", b"")
    code, out, _ = run("--json", shop.folder / "a.json", "--csv", shop.folder / "a.csv")
    assert (code, out.startswith(str(shop.table))) == (1, True)
    data = json.loads((shop.folder / "a.json").read_text())
    rows = list(csv.DictReader((shop.folder / "a.csv").read_text("utf-8-sig").splitlines()))
    assert [row["kind"] for row in rows] == [finding["kind"] for finding in data["findings"]]
    assert [row["images"] for row in rows] == ["e.jpg", "'=cmd.png"]
    assert (shop.folder / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf"), "Excel asks for a byte order mark"
    assert [finding["images"] for finding in data["findings"]] == [["e.jpg"], ["=cmd.png"]]


def test_json_on_stdout_is_alone(shop, run):
    spoil(shop, "warning")
    code, out, _ = run("--json", "-", "--fail-on", "warning")
    assert code == 1
    assert json.loads(out)["counts"] == {"error": 0, "warning": 1, "note": 0}


def test_posters_with_only_rare_genres_are_checked(shop, run):
    shop.add("e", genres="War", data=b"no image")
    code, out, err = run("--min-posters", "2", "--json", "-")
    assert (code, json.loads(out)["posters"]) == (1, 5)
    assert [finding["kind"] for finding in json.loads(out)["findings"]] == ["unreadable-image", "rare-genre"]
    assert "inspecting" in err


def test_a_split_is_read_and_its_leaks_are_found(shop, run):
    shop.add("e", image="a.jpg", genres="Comedy")
    splits = shop.folder / "split.csv"
    splits.write_text("id,split\na,train\nb,train\nc,validation\nd,test\ne,test\n")
    code, out, _ = run("--split", splits)
    assert code == 1
    assert "a (train) and e (test) have the same bytes" in out
    splits.write_text("id,split\na,left\n")
    code, out, err = run("--split", splits)
    assert (code, out) == (2, "")
    assert err.startswith("posters: ")


@pytest.mark.parametrize(
    "arguments", [("--images", "none"), ("--dialect", "none"), ("--min-posters", "0"), ("--alias", "x")]
)
def test_impossible_options_are_refused_in_one_line(run, arguments):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("posters: ")
    assert err.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="file names are text there")
def test_a_file_name_that_is_not_text_is_named(shop, run):
    try:
        (shop.images / os.fsdecode(b"caf\xe9.png")).touch()
    except OSError:
        pytest.skip("this disk takes only text for file names")
    code, out, _ = run("--json", shop.folder / "a.json", "--csv", shop.folder / "a.csv")
    assert code == 0
    assert "1 note: unused-image" in out
    assert json.loads((shop.folder / "a.json").read_text())["findings"][0]["images"] == ["caf\udce9.png"]
    assert "caf\\udce9.png" in (shop.folder / "a.csv").read_text("utf-8-sig")


# A catalogue of 100,000 posters that were inspected before. Their files are links to a few, their inspections made up,
# and there is nothing to look at.
MAKE = """
import os, random, sys
from pathlib import Path
from posters.audit import inspection
from posters.audit.inspection import Inspection
from posters.catalogue import read_catalogue
folder, count = Path(sys.argv[1]), int(sys.argv[2])
(folder / "images").mkdir()
(folder / "one").write_bytes(b"x")
chance = random.Random(0)
with open(folder / "posters.csv", "w") as table:
    table.write("id,image,genres,title,year\\n")
    for number in range(count):
        if number % 10_000 == 0:  # A file has so many links only.
            (folder / f"one{number}").write_bytes(b"x")
            source = folder / f"one{number}"
        os.link(source, folder / "images" / f"{number:06}.jpg")
        genres = "|".join(chance.sample(["Action", "Comedy", "Drama", "Horror", "War", "Western"], 2))
        table.write(f"tt{number},{number:06}.jpg,{genres},Film {number // 2},1999\\n")
centres = [chance.getrandbits(64) for _ in range(count // 3)]
def made_up(root, image):
    status = os.stat(root / image)
    near = chance.choice(centres) ^ (1 << chance.randrange(64))
    return Inspection(image, status.st_size, status.st_mtime_ns, f"{chance.getrandbits(250):064x}", "", False, "JPEG",
                      200, 300, 50.0, near)
inspection.inspect = made_up
inspection.inspect_images(read_catalogue(folder / "posters.csv", report=False), folder / "cache", threads=1)
"""
# Of this program alone: `ru_maxrss` also counts the process that it was forked from.
AUDIT = """
import re, sys
from posters.cli import main
folder = sys.argv[1]
code = main(["audit", f"{folder}/posters.csv", "--cache", f"{folder}/cache", "--json", f"{folder}/a.json",
             "--no-look"])
print(code, re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has /proc")
def test_100_000_inspected_posters_stay_below_1_gb(tmp_path):
    subprocess.run([sys.executable, "-c", MAKE, str(tmp_path), "100000"], check=True, capture_output=True)
    done = subprocess.run([sys.executable, "-c", AUDIT, str(tmp_path)], check=True, capture_output=True, text=True)
    code, kibibytes = done.stdout.splitlines()[-1].split()
    assert done.stderr == "", "nothing is read again"
    assert code == "0"
    data = json.loads((tmp_path / "a.json").read_text())
    assert data["posters"] == 100_000
    assert data["counts"]["warning"] + data["counts"]["note"] > 10_000
    assert int(kibibytes) * 1024 < 1e9


def test_a_cluster_needs_ray_and_an_address_needs_the_engine(shop, run, monkeypatch):
    shop.add("e")
    code, _, err = run("--address", "10.0.0.1:6379")
    assert (code, err.count("\n")) == (2, 1)
    assert "--address is that of a Ray cluster: add --engine ray" in err
    monkeypatch.setitem(sys.modules, "ray", None)
    code, _, err = run("--engine", "ray")
    assert code == 2
    assert "ray is not installed" in err.splitlines()[-1]
