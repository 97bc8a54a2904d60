"""A small catalogue under review, with predictions that are made up."""

from pathlib import Path

import pytest
from PIL import Image

from posters.catalogue import read_catalogue
from posters.classifier import Prediction
from posters.review import DecisionStore, Review, ReviewQueue

TABLE = "id,image,title,genres\ntt1,1.jpg,Heat,Crime|Drama\ntt2,2.jpg,Alien,Horror\ntt3,3.jpg,Big,Comedy\n"
PROBABILITIES = {"Crime": 0.8, "Horror": 0.1, "Drama": 0.3, "Comedy": 0.2, "Western": 0.05}


@pytest.fixture
def table(tmp_path) -> Path:
    (tmp_path / "images").mkdir()
    for number in range(1, 4):
        Image.new("RGB", (200, 300), (60 * number, 80, 120)).save(tmp_path / "images" / f"{number}.jpg")
    path = tmp_path / "films.csv"
    path.write_text(TABLE)
    return path


@pytest.fixture
def opening(table, tmp_path):
    """What opens a review of the table as it is now; by default of all its posters in their order."""

    def open_(db="review.sqlite", queue=None, predict=None):
        catalogue = read_catalogue(table, min_posters=1, report=False)
        store = DecisionStore(tmp_path / db, {"fingerprint": catalogue.fingerprint()})
        queue = queue or ReviewQueue("doubts", catalogue.ids)
        names = (*catalogue.genre_names, "Western")
        predict = predict or (lambda poster: Prediction(("Crime",), PROBABILITIES))
        return Review(catalogue, store, queue, predict, names, "tagger")

    return open_


@pytest.fixture
def review(opening):
    return opening()
