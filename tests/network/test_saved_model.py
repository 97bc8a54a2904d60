"""The folder of a SavedModel as a classifier: TensorFlow in a process of its own, and no program of a stranger."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tensorflow.core.protobuf import saved_model_pb2

import posters
from posters.calibration import no_calibration
from posters.classifier import read_manifest
from posters.cli import main
from posters.errors import ClassifierError
from posters.network import keras
from posters.network.export.formats import write_saved_model
from posters.network.saved_model import SavedModelNetwork
from posters.network.tensorflow import tf

GENRES = 4
SHAPE = (24, 16, 3)


@pytest.fixture(scope="module")
def exported(golden, tmp_path_factory) -> Path:
    """An export of a small network, with two versions, of which the second is newer."""
    own = read_manifest(golden / "classifier")
    manifest = replace(own, calibration=no_calibration(own.genre_names))
    x = keras.Input(own.preprocess.shape, dtype="uint8")
    y = keras.layers.Conv2D(4, 3, activation="relu")(keras.layers.Rescaling(1 / 255)(x))
    y = keras.layers.Dense(GENRES, activation="sigmoid")(keras.layers.GlobalAveragePooling2D()(y))
    model, folder = keras.Model(x, y), tmp_path_factory.mktemp("exported") / "small"
    write_saved_model(model, manifest, folder / "10")
    shutil.copytree(golden / "classifier", folder / "9")
    model.save(folder / "network.keras")
    return folder


@pytest.fixture
def copy(exported, tmp_path) -> Path:
    return Path(shutil.copytree(exported, tmp_path / "copy"))


@pytest.mark.slow
def test_it_predicts_what_keras_does_and_this_process_loads_no_tensorflow(exported, golden):
    code = (
        "import json, sys, posters\n"
        "classifier = posters.load_classifier(sys.argv[1])\n"
        "found = [each.probabilities for each in classifier.predict_many(sys.argv[2:])]\n"
        "print(json.dumps([classifier.name, 'tensorflow' in sys.modules, found]))\n"
    )
    files = sorted(map(str, (golden / "posters").glob("*.png")))
    command = [sys.executable, "-c", code, str(exported), *files]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    name, heavy, found = json.loads(done.stdout)
    assert (name, heavy, done.stderr) == ("small", False, "")
    model = keras.models.load_model(exported / "network.keras")
    pixels = np.stack([posters.decode(file, read_manifest(golden / "classifier").preprocess) for file in files])
    np.testing.assert_allclose([list(each.values()) for each in found], model(pixels).numpy(), atol=1e-5)


@pytest.mark.slow
def test_the_commands_take_it(exported, golden, tmp_path, capsys):
    (tmp_path / "table.csv").write_text("id,image,genres\n1,dusk.png,Western\n2,night.png,Drama\n")
    assert main(["predict", str(golden / "posters" / "dusk.png"), "--classifier", str(exported / "10")]) == 0
    assert "dusk.png" in capsys.readouterr().out
    table = ["evaluate", str(exported), str(tmp_path / "table.csv"), "--images", str(golden / "posters")]
    assert main([*table, "--min-posters", "1"]) == 0


def hostile(folder: Path, predict) -> None:
    """Has the signature do something else, as whoever writes a SavedModel can."""
    saved, kept = tf.Module(), folder / "10" / "assets"
    spec = [tf.TensorSpec((None, 24, 16, 3), tf.uint8, name="poster")]
    saved.predict = tf.function(predict, input_signature=spec)
    contents = {path.name: path.read_bytes() for path in kept.iterdir()}
    shutil.rmtree(folder / "10")
    tf.saved_model.save(saved, str(folder / "10"), {"serving_default": saved.predict})
    kept.mkdir(exist_ok=True)
    for name, content in contents.items():
        (kept / name).write_bytes(content)


def opened(folder: Path) -> SavedModelNetwork:
    return SavedModelNetwork(folder / "10" / "saved_model.pb", SHAPE, GENRES)


def test_a_program_is_refused_before_it_runs(copy, tmp_path):
    target, secret = tmp_path / "written", str(copy / "network.keras")

    def write(poster):
        tf.io.write_file(str(target), "owned")
        return {"probabilities": tf.zeros((1, GENRES))}

    def read(poster):
        size = tf.strings.length(tf.io.read_file(secret))
        return {"probabilities": tf.zeros((1, GENRES)) + tf.cast(size, tf.float32)}

    def call(poster):
        return {"probabilities": tf.py_function(lambda pixels: tf.zeros((1, GENRES)), [poster], tf.float32)}

    for predict, operation in ((write, "WriteFile"), (read, "ReadFile"), (call, "EagerPyFunc")):
        hostile(copy, predict)
        with pytest.raises(ClassifierError, match=rf"does more than calculate \(.*{operation}"):
            opened(copy)
    assert not target.exists()


def test_a_function_of_an_operations_name_vouches_for_nothing(copy, tmp_path):
    def write(poster):
        tf.io.write_file(str(tmp_path / "written"), "owned")
        return {"probabilities": tf.zeros((1, GENRES))}

    hostile(copy, write)
    path = copy / "10" / "saved_model.pb"
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    saved.meta_graphs[0].graph_def.library.function.add().signature.name = "WriteFile"
    path.write_bytes(saved.SerializeToString())
    with pytest.raises(ClassifierError, match="does more than calculate"):
        opened(copy)


def test_what_a_signature_does_not_reach_does_nothing(exported):
    """TensorFlow's own way of loading restores variables, and every SavedModel has operations that write them."""
    graph = (exported / "10" / "saved_model.pb").read_bytes()
    assert b"SaveV2" in graph
    assert opened(exported)(np.zeros(SHAPE, np.uint8)).shape == (GENRES,)


@pytest.mark.parametrize(
    ("predict", "words"),
    [
        (lambda poster: {"probabilities": tf.zeros((1, GENRES + 1))}, "probabilities that can't be"),
        (lambda poster: {"probabilities": tf.zeros((1, GENRES)) + np.nan}, "probabilities that can't be"),
        (lambda poster: {"other": tf.zeros((1, GENRES))}, "can't be run"),
    ],
)
def test_one_that_gives_something_else_is_refused(copy, predict, words):
    hostile(copy, predict)
    with pytest.raises(ClassifierError, match=words):
        opened(copy)(np.zeros(SHAPE, np.uint8))


def test_damage_is_one_line(copy):
    graph = copy / "10" / "saved_model.pb"
    good = graph.read_bytes()
    for content in (b"", good[: len(good) // 2], good[:50] + bytes(50) + good[100:]):
        graph.write_bytes(content)
        with pytest.raises(ClassifierError, match="can't be run"):
            opened(copy)
