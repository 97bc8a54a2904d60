"""Posters that a run has seen in its training, judged as if they were new."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import posters
from posters._base.atomic_files import sha256_of
from posters.catalogue import Catalogue, Poster
from posters.classifier.seen_posters import SEEN, SeenPosters, look_at
from posters.cli import main
from posters.config import TrainConfig
from posters.errors import ScoresError
from posters.report import summary
from posters.runs import Run
from posters.splitting.splits import Splits
from posters.tasks.export_posters import sample_posters
from tests.images.copies import COPIES, as_jpeg

GENRES = ("Comedy", "Drama", "Horror", "Western")
TRAIN, VALIDATION, TEST = ("t0", "t1", "t2", "t3"), ("v0", "v1"), ("x0", "x1", "x2", "x3")
SPLITS = Splits(TRAIN, VALIDATION, TEST, 0, "")


def draw(folder, id, seed):
    # Few large squares: noise in every pixel would have the hash of grey.
    squares = np.random.default_rng(seed).integers(0, 256, (6, 4, 3), np.uint8)
    Image.fromarray(squares).resize((128, 192), Image.Resampling.BICUBIC).save(folder / f"{id}.png")


@pytest.fixture
def catalogue(tmp_path):
    """Ten posters, each another picture."""
    folder = tmp_path / "images"
    folder.mkdir()
    rows = []
    for number, id in enumerate((*TRAIN, *VALIDATION, *TEST)):
        draw(folder, id, number)
        rows.append(Poster(id, f"{id}.png", (GENRES[number % 4],)))
    return Catalogue(tuple(rows), GENRES, folder)


def make_run(path, catalogue, golden, splits=SPLITS, weights=None):
    """A finished run, its classifier with the record that training writes."""
    run = Run(path)
    run.start(TrainConfig(weights="none"), splits, catalogue)
    shutil.copytree(golden / "classifier", run.classifier)
    manifest = json.loads((run.classifier / "classifier.json").read_text())
    by_id = splits.by_id()
    among = catalogue.among(list(by_id))
    record = look_at(
        among, posters.load_classifier(run.classifier).manifest.preprocess, [by_id[id] for id in among.ids]
    )
    (record if weights is None else record + weights).write(run.classifier / SEEN)
    manifest["files"][SEEN] = sha256_of(run.classifier / SEEN)
    (run.classifier / "classifier.json").write_text(json.dumps(manifest))
    return run


@pytest.fixture
def run(catalogue, golden, tmp_path):
    return make_run(tmp_path / "run", catalogue, golden)


def renamed(catalogue, *ids):
    """Some of the posters under other ids, as another table of the same pictures has them."""
    return Catalogue(
        tuple(Poster(f"row {n}", f"{id}.png", catalogue.among([id]).posters[0].genres) for n, id in enumerate(ids)),
        GENRES,
        catalogue.image_root,
    )


def test_a_run_on_its_own_table_is_told_of_every_poster_that_it_has_seen(run, catalogue):
    judged = posters.evaluate_classifier(posters.load_classifier(run.path), catalogue)
    assert (judged.seen.posters, judged.seen.train, judged.seen.validation, judged.seen.weights) == (6, 4, 2, 0)
    assert (judged.seen.same_file, judged.seen.look_alike, judged.seen.same_id) == (6, 0, 0)
    # The figure on the others is that of the run's own test split.
    own = posters.evaluate_run(run.path)
    assert own.seen.posters == 0
    assert judged.seen.macro_map.value == own.of("model").figures["macro_map"].value
    assert judged.seen.macro_map_of_the_prior == own.of("prior").figures["macro_map"].value


def test_it_is_told_whatever_the_posters_are_called(run, catalogue):
    judged = posters.evaluate_classifier(posters.load_classifier(run.path), renamed(catalogue, "t0", "x0", "v1"))
    assert (judged.seen.posters, judged.seen.train, judged.seen.same_file) == (2, 1, 2)


def test_a_poster_saved_again_is_found_by_its_look(run, catalogue, tmp_path):
    with Image.open(catalogue.image_root / "t0.png") as image:
        image.resize((100, 150)).save(catalogue.image_root / "again.jpg", quality=70)
    table = Catalogue((Poster("new", "again.jpg", ("Drama",)),), GENRES, catalogue.image_root)
    judged = posters.evaluate_classifier(posters.load_classifier(run.path), table)
    assert (judged.seen.train, judged.seen.look_alike) == (1, 1)


@pytest.mark.parametrize("look", [True, False])
def test_a_mirrored_training_poster_is_found_unless_nobody_looks(golden, tmp_path, look):
    for number, source in enumerate(sample_posters().sources[:3]):
        shutil.copy(source, tmp_path / f"{number}.jpg")
        (tmp_path / f"{number}-mirrored.jpg").write_bytes(as_jpeg(COPIES["mirrored"](Image.open(source))))
    rows = tuple(Poster(f"t{number}", f"{number}.jpg", (GENRES[number],)) for number in range(3))
    trained = Catalogue(rows, GENRES, tmp_path)
    seen = look_at(trained, posters.PreprocessConfig(), ["train", "validation", "train"], tmp_path / "cache")
    run = make_run(tmp_path / "run", trained, golden, Splits(("t0", "t2"), ("t1",), (), 0, ""), seen)
    copies = (
        Poster("new 0", "0-mirrored.jpg", ("Comedy",)),
        Poster("new 1", "1-mirrored.jpg", ("Drama",)),
    )
    table = Catalogue(copies, GENRES, tmp_path)
    judged = posters.evaluate_classifier(posters.load_classifier(run.path), table, look=look, cache=tmp_path / "cache")
    assert (judged.seen.train, judged.seen.validation, judged.seen.look_alike) == ((1, 1, 2) if look else (0, 0, 0))


def test_the_unseen_alone_are_judged_on_request(run, catalogue):
    judged = posters.evaluate_classifier(posters.load_classifier(run.path), catalogue, unseen_only=True)
    assert (judged.posters, judged.seen.posters, judged.seen.left_out) == (4, 0, 6)
    whole = posters.evaluate_classifier(posters.load_classifier(run.path), catalogue)
    assert judged.of("model").figures["macro_map"].value == whole.seen.macro_map.value
    with pytest.raises(ScoresError, match="has seen all 4 posters of"):
        posters.evaluate_classifier(posters.load_classifier(run.path), catalogue.among(TRAIN), unseen_only=True)


@pytest.mark.parametrize(("split", "use", "count"), [("train", "train", 4), ("validation", "validation", 2)])
def test_the_splits_that_a_run_was_made_from_are_seen(run, split, use, count):
    seen = posters.evaluate_run(run.path, split=split).seen
    assert (seen.posters, getattr(seen, use)) == (count, count)


def test_a_leak_between_given_splits_is_told(catalogue, golden, tmp_path):
    shutil.copy(catalogue.image_root / "t0.png", catalogue.image_root / "x0.png")
    run = make_run(tmp_path / "leaky", catalogue, golden)
    judged = posters.evaluate_run(run.path)
    assert (judged.seen.train, judged.posters) == (1, 4)
    assert posters.evaluate_run(run.path, unseen_only=True).posters == 3


def test_a_run_of_before_is_compared_by_its_catalogue_once(catalogue, golden, tmp_path, monkeypatch):
    run = Run(tmp_path / "old")
    run.start(TrainConfig(weights="none"), SPLITS, catalogue)
    shutil.copytree(golden / "classifier", run.classifier)
    classifier = posters.load_classifier(run.path)
    assert posters.evaluate_classifier(classifier, catalogue).seen.posters == 6
    assert len(SeenPosters.read(run.path / SEEN)) == 10


def test_a_run_of_before_whose_images_are_gone_is_compared_by_id(catalogue, golden, tmp_path, messages):
    run = Run(tmp_path / "old")
    moved = shutil.copytree(catalogue.image_root, tmp_path / "moved")
    run.start(TrainConfig(weights="none"), SPLITS, catalogue)
    shutil.copytree(golden / "classifier", run.classifier)
    shutil.rmtree(catalogue.image_root)
    there = Catalogue(catalogue.posters, GENRES, moved)
    judged = posters.evaluate_classifier(posters.load_classifier(run.path), there)
    assert (judged.seen.posters, judged.seen.same_id) == (6, 6)
    assert any("10 posters of the run" in message and "by their ids alone" in message for message in messages)


def test_a_classifier_without_a_record_says_so(golden, catalogue):
    judged = posters.evaluate_classifier(posters.load_classifier(golden / "classifier"), catalogue)
    assert not judged.seen.recorded
    assert summary(judged).splitlines()[2].startswith("This classifier keeps no record of the posters")


def test_every_report_begins_with_it(run, catalogue, tmp_path, capsys):
    lines = [f"{poster.id},{poster.image},{poster.genres[0]}" for poster in catalogue]
    (tmp_path / "table.csv").write_text("\n".join(["id,image,genres", *lines]) + "\n")
    words = [str(run.path), str(tmp_path / "table.csv"), "--images", str(catalogue.image_root)]
    assert main(["evaluate", *words, "--report", str(tmp_path / "report")]) == 0
    printed = capsys.readouterr()
    told = "The classifier has seen 6 of these 10 posters before"
    assert printed.out.splitlines()[2].startswith(told)
    assert "has seen 6 of 10 posters before" in printed.err
    assert "add --unseen-only" in printed.err
    written = {name: (tmp_path / "report" / name).read_text() for name in ("index.html", "evaluation.md")}
    assert told in written["evaluation.md"].splitlines()[2]
    header = written["index.html"].partition("</header>")[0]
    assert told in header.partition("macro mAP")[0]
    data = json.loads((tmp_path / "report" / "evaluation.json").read_text())
    assert (data["seen"]["posters"], data["seen"]["same_file"]) == (6, 6)
    assert main(["evaluate", *words, "--report", str(tmp_path / "report"), "--unseen-only"]) == 0
    assert "Left out, since the classifier has seen them before: 6 posters." in capsys.readouterr().out


def test_runs_are_compared_on_what_none_of_them_has_seen(run, catalogue, golden, tmp_path, capsys):
    preprocess = posters.load_classifier(run.path).manifest.preprocess
    weights = look_at(renamed(catalogue, "x0", "x1"), preprocess, ["train"] * 2).as_weights()
    other = make_run(tmp_path / "other", catalogue, golden, weights=weights)
    found = posters.compare_runs([run.path, other.path])
    assert [each.seen.posters for each in found.runs] == [0, 2]
    assert (found.runs[1].seen.weights, found.posters, found.unseen.posters) == (2, 4, 2)
    alone = posters.compare_runs([run.path, other.path], unseen_only=True)
    assert (alone.posters, alone.left_out_seen) == (2, 2)
    assert [each.macro_map for each in alone.runs] == [each.macro_map for each in found.unseen.runs]
    words = ["compare", str(run.path), str(other.path), "--json", str(tmp_path / "comparison.json")]
    assert main(words) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "other: The classifier has seen 2 of these 4 posters before: 2 in the training of the weights" in told
    assert "On the 2 posters that no run has seen" in told
    assert json.loads((tmp_path / "comparison.json").read_text())["unseen"]["posters"] == 2
    assert main([*words, "--unseen-only"]) == 0
    assert "Left out, since one of the runs has seen them before: 2 posters." in " ".join(
        capsys.readouterr().out.split()
    )


def test_unknown_labels_are_left_out_of_the_figure_on_the_others_too(run, catalogue):
    rows = [
        replace(poster, unknown=() if "Drama" in poster.genres else ("Drama",)) if place % 3 == 0 else poster
        for place, poster in enumerate(catalogue)
    ]
    partly = replace(catalogue, posters=tuple(rows))
    classifier = posters.load_classifier(run.path)
    whole = posters.evaluate_classifier(classifier, partly)
    alone = posters.evaluate_classifier(classifier, partly, unseen_only=True)
    assert whole.seen.macro_map == alone.of("model").figures["macro_map"]
    assert whole.seen.macro_map_of_the_prior == alone.of("prior").figures["macro_map"].value
