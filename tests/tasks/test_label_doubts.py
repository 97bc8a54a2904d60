"""Labels that are doubted without a training: wrong ones planted among pictures that are easy to tell apart."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import posters
from posters.catalogue import Catalogue, Poster, read_catalogue
from posters.cli import main
from posters.errors import ArraysError, SplitError

N = 60
MISSING, FALSE = (3, 31), (12, 48)


def draw(path, number):
    """Draw stripes on warm or on cold ground, by the parity of the number; each picture another."""
    rng = np.random.default_rng(number)
    ground = np.array([200, 60, 30] if number % 2 else [20, 60, 160])
    pixels = np.clip(ground + rng.normal(0, 40, (12, 8, 3)), 0, 255).astype(np.uint8)
    Image.fromarray(pixels).resize((96, 144), Image.Resampling.NEAREST).save(path)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """Odd posters are warm and of Western, the others cold and of Drama; four labels are wrong."""
    folder = tmp_path_factory.mktemp("images")
    rows = []
    for number in range(N):
        draw(folder / f"{number}.png", number)
        western = number in FALSE or (number % 2 == 1 and number not in MISSING)
        genres = ("Drama",) * (not western or number % 3 == 0) + ("Western",) * western
        rows.append(Poster(str(number), f"{number}.png", genres))
    return Catalogue(tuple(rows), ("Drama", "Western"), folder)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def test_planted_labels_come_first(catalogue, cache):
    issues = [issue for issue in posters.doubt_labels(catalogue, cache=cache) if issue.genre == "Western"]
    found = {kind: {issue.id for issue in issues if issue.kind == kind} for kind in ("missing", "false")}
    assert found["missing"] == set(map(str, MISSING))
    assert set() < found["false"] <= set(map(str, FALSE))


def test_posters_that_cannot_be_read_are_named_and_left_out(catalogue, cache, messages, tmp_path):
    broken = (*catalogue, Poster("broken", "broken.png", ("Western",)))
    (catalogue.image_root / "broken.png").write_bytes(b"no image")
    posters.doubt_labels(replace(catalogue, posters=broken), cache=cache)
    assert any("broken.png" in message for message in messages)


def test_nothing_to_look_at_is_refused_in_one_line(tmp_path):
    gone = Catalogue((Poster("a", "a.png", ("Drama",)),), ("Drama",), tmp_path)
    with pytest.raises(ArraysError, match="none of the 1 posters can be read"):
        posters.doubt_labels(gone, cache=tmp_path)


def test_too_few_posters_are_refused(catalogue, cache, tmp_path):
    few = replace(catalogue, posters=catalogue.posters[:3])
    with pytest.raises(SplitError, match="3 posters are too few"):
        posters.doubt_labels(few, cache=tmp_path)


def test_the_command_writes_what_corrections_takes(catalogue, cache, tmp_path, capsys):
    table = tmp_path / "table.csv"
    lines = ["id,image,genres", *(f"{p.id},{p.image},{'|'.join(p.genres)}" for p in catalogue)]
    table.write_text("\n".join(lines))
    labels = tmp_path / "labels.csv"
    options = ["--images", str(catalogue.image_root), "--cache", str(cache), "--fail-on", "never"]
    assert main(["audit", str(table), *options, "--labels", str(labels)]) == 0
    assert f"in {labels}: fill in the column accept" in capsys.readouterr().err
    rows = list(csv.DictReader(labels.read_text("utf-8-sig").splitlines()))
    first = next(row for row in rows if row["kind"] == "false" and row["genre"] == "Western")
    with labels.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, first)
        writer.writeheader()
        writer.writerow({**first, "accept": "yes"})
    corrected = read_catalogue(table, images=catalogue.image_root, corrections=labels, min_posters=1)
    before = read_catalogue(table, images=catalogue.image_root, min_posters=1)
    assert corrected.among(before.ids).ids == before.ids
    assert [a.id for a, b in zip(before, corrected, strict=True) if a.genres != b.genres] == [first["id"]]
