"""Weights and Keras networks that strangers made: one line, whatever they hold or claim."""

import json
import shutil
import zipfile

import h5py
import numpy as np
import pytest

from posters._base.atomic_files import sha256_of
from posters.classifier import read_manifest
from posters.classifier.manifest import KERAS_NETWORK, MANIFEST
from posters.errors import LONGEST, ClassifierError
from posters.models import CLASSIFIER, HEAD_WEIGHTS
from posters.network import keras
from posters.network.weights import keras_network
from posters.network.weights_files import check_weights_file


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "a.weights.h5"
    with h5py.File(path, "w") as file:
        file["layers/dense/vars/0"] = np.ones((4, 3), np.float32)
    return path


def test_sound_weights_pass(weights, tmp_path):
    check_weights_file(weights)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model.save(tmp_path / "a.keras")
    check_weights_file(tmp_path / "a.keras")


def test_weights_that_claim_more_than_they_hold_are_refused(weights):
    with h5py.File(weights, "a") as file:
        file.create_dataset("bomb", shape=(10**6, 10**6), dtype="f4", chunks=True)
    with pytest.raises(ValueError, match="the weights would take 4,000,000,000,048 bytes"):
        check_weights_file(weights)


@pytest.mark.parametrize("link", [h5py.ExternalLink("/etc/passwd", "/"), h5py.SoftLink("/elsewhere")])
def test_links_are_refused(weights, link):
    with h5py.File(weights, "a") as file:
        file["layers/other"] = link
    with pytest.raises(ValueError, match="other is a link"):
        check_weights_file(weights)


def test_a_group_within_itself_is_refused(weights):
    with h5py.File(weights, "a") as file:
        file["layers/again"] = file["layers"]
    with pytest.raises(ValueError, match="nested more than 64 deep"):
        check_weights_file(weights)


def test_an_archive_that_unpacks_to_far_more_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.keras", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", b" " * 100_000_000)
    with pytest.raises(ValueError, match=r"config\.json would take 100,000,000 bytes"):
        check_weights_file(tmp_path / "a.keras")


def config_of(network):
    with zipfile.ZipFile(network) as file:
        return json.loads(file.read("config.json"))


def rewritten(network, name, content):
    """Replaces a member of an archive, or leaves it out."""
    with zipfile.ZipFile(network) as file:
        members = {each: file.read(each) for each in file.namelist()}
    members[name] = content
    with zipfile.ZipFile(network, "w") as file:
        for each, data in members.items():
            if data is not None:
                file.writestr(each, data)


@pytest.fixture
def classifier(tiny_classifier):
    """A classifier with a Keras network, to damage."""
    model = keras.Sequential([keras.Input((24, 16, 3), dtype="uint8"), keras.layers.Flatten(), keras.layers.Dense(4)])
    model.save(tiny_classifier / KERAS_NETWORK)
    return tiny_classifier


@pytest.mark.parametrize(
    "damage", ["empty", "cut", "crc", "no config", "deep config", "foreign layer", "other weights"]
)
def test_a_damaged_keras_network_is_refused_in_one_line(classifier, damage):
    path = classifier / KERAS_NETWORK
    content = path.read_bytes()
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "crc":
        place = content.index(b"Sequential")
        path.write_bytes(content[:place] + b"X" + content[place + 1 :])
    elif damage == "no config":
        rewritten(path, "config.json", None)
    elif damage == "deep config":
        rewritten(path, "config.json", b"[" * 90_000)
    elif damage == "foreign layer":
        config = config_of(path)
        config["config"]["layers"][1] = {"module": "torch.nn", "class_name": "Linear", "config": {}}
        rewritten(path, "config.json", json.dumps(config))
    else:
        rewritten(path, "model.weights.h5", b"no weights")
    values = json.loads((classifier / MANIFEST).read_text())
    values["files"][KERAS_NETWORK] = sha256_of(path)
    (classifier / MANIFEST).write_text(json.dumps(values))
    with pytest.raises(ClassifierError, match="can't be opened by Keras") as caught:
        keras_network(classifier, read_manifest(classifier))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) <= LONGEST


@pytest.mark.parametrize("damage", ["cut", "shapes"])
def test_damaged_weights_of_the_package_are_refused_in_one_line(tmp_path, damage):
    copy = tmp_path / "copy"
    shutil.copytree(CLASSIFIER, copy)
    path = copy / HEAD_WEIGHTS
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:5000])
    else:
        with h5py.File(path, "a") as file:
            found = []
            file.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
            del file[found[0]]
            file[found[0]] = np.zeros((2, 2), np.float32)
    values = json.loads((copy / MANIFEST).read_text())
    values["files"][HEAD_WEIGHTS] = sha256_of(path)
    (copy / MANIFEST).write_text(json.dumps(values))
    with pytest.raises(ClassifierError, match="can't be opened by Keras"):
        keras_network(copy, read_manifest(copy))
