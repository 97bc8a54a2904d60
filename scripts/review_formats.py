"""Check the folders of `posters review --as` with the programs that they are for.

    python -m venv formats && formats/bin/pip install label-studio-sdk datasets fiftyone
    python scripts/review_formats.py --python formats/bin/python

It makes a table of drawn posters and a review of it, exports it in each format, and has the program in question read
it in the Python that `--python` names: Label Studio's SDK validates labelling interface, tasks, annotations and
predictions, and its converter exports them as JSON-MIN and CSV, which we read back; `datasets` and FiftyOne load their
folders. A program that isn't installed there is named, and the exit code is 1.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from posters.catalogue import Catalogue, read_catalogue
from posters.cli import main as posters
from posters.review import DecisionStore

LABEL_STUDIO = """
import json, sys
from label_studio_sdk.converter import Converter
from label_studio_sdk.label_interface import LabelInterface
tasks, config = json.load(open("label-studio/tasks.json")), open("label-studio/labels.xml").read()
interface = LabelInterface(config)
interface.validate()
number = 0
for place, task in enumerate(tasks, start=1):
    assert interface.validate_task({"data": task["data"]})
    assert all(map(interface.validate_annotation, task["annotations"]))
    assert all(map(interface.validate_prediction, task["predictions"]))
    task["id"] = 100 + place
    for annotation in task["annotations"]:
        number += 1
        time = {"created_at": "2026-11-28T09:00:00Z", "updated_at": "2026-11-28T09:00:00Z", "lead_time": 2.5}
        annotation.update(id=number, completed_by={"id": number, "email": "ann@example.org"}, **time)
json.dump(tasks, open("full.json", "w"))
converter = Converter(config, "converted", download_resources=False)
converter.convert_to_json_min("full.json", "min", is_dir=False)
converter.convert_to_csv("full.json", "csv-export", is_dir=False, sep=",", header=True)
print(json.dumps(len(tasks)))
"""
DATASETS = """
import json
from datasets import load_dataset
found = load_dataset("imagefolder", data_dir="huggingface", cache_dir="cache")
print(json.dumps({row["id"]: row["genres"] for split in found.values() for row in split}))
"""
FIFTYONE = """
import json
import fiftyone.utils.data as foud
importer = foud.FiftyOneImageClassificationDatasetImporter("fiftyone")
with importer:
    print(json.dumps({path.rpartition("/")[2]: [each.label for each in label.classifications]
                      for path, _, label in importer}))
"""


def make_review(folder: Path) -> Path:
    """Write a table of six posters with two splits, and decisions about three of them."""
    (folder / "images").mkdir()
    rows = ["id,image,title,genres,unknown,split"]
    for number in range(1, 7):
        Image.new("RGB", (200, 300), (40 * number, 90, 90)).save(folder / "images" / f"{number}.jpg")
        genres, split = ("Drama|War", "train") if number % 2 else ("Comedy", "test")
        rows.append(f"tt{number},{number}.jpg,Film {number},{genres},{'Comedy' if number == 1 else ''},{split}")
    (folder / "films.csv").write_text("\n".join(rows) + "\n")
    store = DecisionStore(folder / "review.sqlite")
    shown = {"questions": [{"genre": genre, "label": "no"} for genre in ("Comedy", "Drama", "War")]}
    store.record("tt1", "ann", {"Drama": "yes", "War": "no", "Comedy": "unknown"}, shown)
    store.record("tt2", "ann", {"Drama": "yes", "War": "no", "Comedy": "yes"}, shown)
    store.record("tt2", "ben", {"Drama": "no", "War": "no", "Comedy": "yes"}, shown)
    return folder / "films.csv"


def answer(python: str, program: str, folder: Path) -> object:
    """Run a program in the other Python, and return the JSON on its last line."""
    done = subprocess.run([python, "-c", program], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{program.strip().splitlines()[1]}: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def read(path: Path, images: Path) -> Catalogue:
    """Read a table with all its genres, however many rows it loses."""
    return read_catalogue(path, images, min_posters=1, max_lost=1, report=False)


def main() -> None:
    """Check each format, and print a line about it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="the Python in which the programs are installed")
    python = str(Path(parser.parse_args().python).absolute())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table, images = make_review(folder), folder / "images"
        words = ["review", str(table), "--db", str(folder / "review.sqlite"), "--min-posters", "1"]
        for kind in ("csv", "label-studio", "fiftyone", "huggingface"):
            assert posters([*words, "--export", str(folder / kind), "--as", kind]) == 0
        decided = read(folder / "csv", images)
        assert answer(python, LABEL_STUDIO, folder) == len(decided)
        full, brief, csv = (
            read(folder / name, images) for name in ("full.json", "min/result.json", "csv-export/result.csv")
        )
        assert full.posters == brief.posters == csv.posters
        assert [(each.genres, each.unknown) for each in full] == [(("Drama",), ("Comedy",)), (("Comedy",), ("Drama",))]
        print("Label Studio takes the tasks; its JSON, JSON-MIN and CSV are one catalogue")
        genres = {each.id: list(each.genres) for each in decided}
        assert answer(python, DATASETS, folder) == genres
        print("datasets loads the image folder with the genres that were decided")
        assert answer(python, FIFTYONE, folder) == {decided[id].image: names for id, names in genres.items()}
        print("FiftyOne loads its dataset with the genres that were decided")


if __name__ == "__main__":
    main()
