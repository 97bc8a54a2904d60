"""The looks of a catalogue: copies are found, each file is looked at once, and what can't be told is left open."""

import shutil
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from posters._base.atomic_files import sha256_of
from posters.catalogue import Catalogue, Poster
from posters.classifier import Classifier, load_classifier
from posters.classifier.looks import looks_of
from posters.classifier.manifest import LIGHT_NETWORK
from posters.errors import ArraysError
from posters.images.look_codes import CODE_SIZE, look_groups
from posters.models import MEAN_FEATURES, MOBILENET
from posters.splitting.folds import read_folds
from posters.tasks.export_posters import sample_posters
from posters.tasks.overlap import overlap_of_table
from tests.images.copies import COPIES, as_jpeg
from tests.images.hashes import groups_of


def catalogue_of(folder, *names):
    return Catalogue(tuple(Poster(str(row), name, ("Drama",)) for row, name in enumerate(names)), ("Drama",), folder)


@pytest.fixture
def drawn(tmp_path):
    """A folder with two drawn posters of the package, and a mirrored copy of the first."""
    folder = tmp_path / "images"
    folder.mkdir()
    for name, source in zip(("a.jpg", "b.jpg"), sample_posters().sources, strict=False):
        shutil.copy(source, folder / name)
    (folder / "mirrored.jpg").write_bytes(as_jpeg(COPIES["mirrored"](Image.open(folder / "a.jpg"))))
    return folder


@pytest.fixture
def looked_at(monkeypatch):
    """The posters that the network was given."""
    given: list[object] = []
    ours = Classifier.features_of_many

    def noted(self, posters):
        return ours(self, (given.append(poster) or poster for poster in posters))

    monkeypatch.setattr(Classifier, "features_of_many", noted)
    return given


@pytest.mark.parametrize("kind", COPIES)
def test_copies_of_drawn_posters_are_known(tmp_path, kind):
    for number, source in enumerate(sample_posters().sources):
        shutil.copy(source, tmp_path / f"{number}.jpg")
        (tmp_path / f"{number}-copy.jpg").write_bytes(as_jpeg(COPIES[kind](Image.open(source))))
    names = [f"{number}{end}.jpg" for number in range(6) for end in ("", "-copy")]
    groups = look_groups(looks_of(catalogue_of(tmp_path, *names), tmp_path / "cache"))
    assert groups_of(groups) == {frozenset([2 * number, 2 * number + 1]) for number in range(6)}


def test_each_file_is_looked_at_once_and_again_when_it_changes(drawn, tmp_path, looked_at):
    cache = tmp_path / "cache"
    codes = looks_of(catalogue_of(drawn, "a.jpg", "mirrored.jpg", "a.jpg"), cache)
    assert codes.shape == (3, CODE_SIZE)
    assert codes.dtype == np.int8
    assert (codes[0] == codes[2]).all()
    assert len(looked_at) == 2
    # Another catalogue of the same folder, and then the first again.
    other = looks_of(catalogue_of(drawn, "b.jpg", "a.jpg"), cache)
    assert (other[1] == codes[0]).all()
    assert len(looked_at) == 3
    assert (looks_of(catalogue_of(drawn, "mirrored.jpg", "a.jpg"), cache) == codes[[1, 0]]).all()
    assert len(looked_at) == 3
    shutil.copy(drawn / "b.jpg", drawn / "a.jpg")
    assert (looks_of(catalogue_of(drawn, "a.jpg"), cache) == other[:1]).all()
    assert len(looked_at) == 4


def test_what_can_not_be_read_and_what_is_no_poster_have_no_look(drawn, tmp_path):
    (drawn / "broken.jpg").write_bytes(b"no picture")
    noise = np.random.default_rng(0).integers(0, 256, (90, 60, 3), dtype=np.uint8)
    Image.fromarray(noise).save(drawn / "noise.png")
    Image.new("RGB", (60, 90), "white").save(drawn / "blank.png")
    names = ("a.jpg", "broken.jpg", "missing.jpg", "noise.png", "blank.png")
    codes = looks_of(catalogue_of(drawn, *names), tmp_path / "cache")
    assert codes.any(axis=1).tolist() == [True, False, False, False, False]
    assert looks_of(catalogue_of(drawn), tmp_path / "cache").shape == (0, CODE_SIZE)


def test_a_cache_that_can_not_be_written_is_refused_in_one_line(drawn, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ArraysError, match=r"looks can't be kept there .*: choose another (--)?cache"):
        looks_of(catalogue_of(drawn, "a.jpg"), tmp_path / "file")


def test_the_mean_features_and_the_threshold_are_those_of_the_shipped_network():
    """With another network, run scripts/looks.py: cosines of its features mean something else."""
    with np.load(BytesIO(MEAN_FEATURES.read_bytes())) as file:
        assert str(file["network"]) == sha256_of(MOBILENET / LIGHT_NETWORK)
        assert file["mean"].shape == (1280,)
        assert (file["mean"] >= 0).all()


# Of the real posters: one file twice, two dark ones (by hash alone), and a placeholder cover under three ids.
ALIKE = [{"tt0402577", "tt0420286"}, {"tt0093658", "tt0095275", "tt0100100"}]
BY_HASH = {"tt0087197", "tt1228987"}


def test_the_known_look_alikes_of_the_real_posters(shared, tmp_path):
    images = shared / "imdb-posters" / "images"
    # Those that come nearest and are not alike, too.
    ids = sorted(
        {
            *ALIKE[0],
            *ALIKE[1],
            *BY_HASH,
            *["tt0118772", "tt0149691", "tt0118972", "tt0155267", "tt0270980", "tt0463034"],
        }
    )
    groups = look_groups(looks_of(catalogue_of(images, *(f"{id}.jpg" for id in ids)), tmp_path))
    found = [{ids[row] for row in group} for group in groups_of(groups)]
    assert [group for group in sorted(found, key=len) if len(group) > 1] == ALIKE


def test_the_shipped_classifier_knows_mirrored_copies_of_its_training_posters(shared, tmp_path):
    images = shared / "imdb-posters" / "images"
    names = ["tt0118772", "tt0149691", "tt0118972", "tt0155267"]
    for name in names:
        (tmp_path / f"{name}.jpg").write_bytes(as_jpeg(COPIES["mirrored"](Image.open(images / f"{name}.jpg"))))
    # Under ids of their own, so that looks alone can tell.
    table = catalogue_of(tmp_path, *(f"{name}.jpg" for name in names))
    classifier = load_classifier()
    matches = overlap_of_table(classifier, table, tmp_path / "cache").matches
    assert matches is not None
    assert matches.look_alike.all()
    assert not overlap_of_table(classifier, table).seen_ids


def test_the_published_folds_divide_no_look_alikes():
    folds = read_folds(Path(__file__).parents[2] / "docs" / "folds" / "imdb-posters.csv")
    assert [len({folds.of[id] for id in group}) for group in (*ALIKE, BY_HASH)] == [1, 1, 1]
