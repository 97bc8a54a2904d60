"""Classifiers go to other processes: pickled by name, opened anew."""

import multiprocessing
import pickle
import shutil
from concurrent.futures import ProcessPoolExecutor

import pytest

from posters.classifier import load_classifier
from posters.errors import ClassifierError


def test_a_pickled_classifier_predicts_the_same(golden):
    classifier = load_classifier(golden / "classifier", 1)
    again = pickle.loads(pickle.dumps(classifier))
    poster = golden / "posters" / "dusk.png"
    assert again.predict(poster) == classifier.predict(poster)
    assert again.interpreters == 1


def test_the_number_of_interpreters_is_kept(golden):
    classifier = load_classifier(golden / "classifier", interpreters=2)
    assert pickle.loads(pickle.dumps(classifier)).interpreters == 2


def test_a_relative_directory_is_found_from_elsewhere(tiny_classifier, tmp_path, monkeypatch):
    monkeypatch.chdir(tiny_classifier.parent)
    data = pickle.dumps(load_classifier(tiny_classifier.name))
    monkeypatch.chdir("/")
    assert pickle.loads(data).directory == tiny_classifier.resolve()


def test_a_classifier_that_is_gone_is_an_error(tiny_classifier):
    data = pickle.dumps(load_classifier(tiny_classifier))
    shutil.rmtree(tiny_classifier)
    with pytest.raises(ClassifierError, match="is not a classifier"):
        pickle.loads(data)


@pytest.mark.slow
def test_processes_predict_what_this_one_does(golden):
    classifier = load_classifier(golden / "classifier", 1)
    posters = sorted((golden / "posters").iterdir())
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(classifier.predict, posters))
    assert found == [classifier.predict(poster) for poster in posters]
