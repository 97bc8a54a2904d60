"""Files of `posters export` as classifiers. The networks here are made by hand; real exports are tests/network's."""

import json
import subprocess
import sys
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from posters.classifier import load_classifier, read_manifest
from posters.classifier.exported import exported_network, read_export
from posters.classifier.manifest import LIGHT_NETWORK
from posters.classifier.runtime import LiteNetwork
from posters.cli import main
from posters.errors import LONGEST, ClassifierError, MissingExtraError
from posters.images.decoding import decode

GENRES = ["Red", "Green", "Blue"]
PREPROCESS = {"height": 24, "width": 16, "aspect": "stretch", "resampling": "bilinear"}
CONTENTS: dict[str, Any] = {
    "export_format": 1,
    "genre_names": GENRES,
    "preprocess": PREPROCESS,
    "head": "sigmoid",
    "calibration": {"applied": True, "fitted_on": "validation, 12 posters"},
    "rules": [{"genre_names": GENRES, "values": [0.5, 0.9, None], "rule": "f1", "fitted_on": "validation"}],
    "prior": [0.5, 0.2, 0.1],
}


def write_onnx(path, contents, novelty=("ReduceMax", {"axes": [1], "keepdims": 1}, [1])):
    """A network whose probabilities are the means of the colours, and whose novelty is the largest of these; with one
    output for maps: the pixels themselves."""
    import onnx
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("Cast", ["poster"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["floats", "white"], ["maps"]),
        helper.make_node("ReduceMean", ["maps"], ["probabilities"], axes=[1, 2], keepdims=0),
        helper.make_node(novelty[0], ["probabilities"], ["novelty"], **novelty[1]),
    ]
    white = helper.make_tensor("white", TensorProto.FLOAT, [], [255.0])
    poster = helper.make_tensor_value_info("poster", TensorProto.UINT8, ["N", 24, 16, 3])
    outputs = [
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", 3]),
        helper.make_tensor_value_info("maps", TensorProto.FLOAT, ["N", 24, 16, 3]),
        helper.make_tensor_value_info("novelty", TensorProto.FLOAT, ["N", *novelty[2]]),
    ]
    graph = helper.make_graph(nodes, "means", [poster], outputs, [white])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    if contents is not None:
        helper.set_model_props(model, {"other": "x" * 1000, "posters": json.dumps(contents)})
    onnx.save(model, path)
    return path


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("POSTERS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def network(tmp_path):
    return write_onnx(tmp_path / "means.onnx", CONTENTS)


@pytest.fixture
def poster(tmp_path):
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (90, 60, 3), np.uint8)).save(tmp_path / "noise.png")
    return tmp_path / "noise.png"


@pytest.fixture
def lite(tmp_path, golden):
    """The golden network with contents, as a LiteRT file."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    own = read_manifest(golden / "classifier").to_dict()
    text = json.dumps({**CONTENTS, **{name: own[name] for name in ("genre_names", "preprocess", "rules", "prior")}})
    model = schema.ModelT.InitFromPackedBuf((golden / "classifier" / "network.tflite").read_bytes())
    entry, held = schema.MetadataT(), schema.BufferT()
    entry.name, entry.buffer, held.data = "posters", len(model.buffers), np.frombuffer(text.encode(), np.uint8)
    model.buffers.append(held)
    model.metadata = [*(model.metadata or []), entry]
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    (tmp_path / "golden.tflite").write_bytes(bytes(builder.Output()))
    return tmp_path / "golden.tflite"


def test_an_onnx_file_predicts_decides_and_explains(network, poster):
    classifier = load_classifier(network)
    prediction = classifier.predict(poster)
    pixels = decode(poster, classifier.manifest.preprocess)
    means = pixels.mean(axis=(0, 1)) / 255
    assert list(prediction.probabilities.values()) == pytest.approx(means, abs=1e-6)
    assert prediction.genres == tuple(name for name, mean in zip(GENRES[:1], means, strict=False) if mean >= 0.5)
    assert classifier.name == "means"
    assert classifier.manifest.calibration.fitted_on == "validation, 12 posters"
    np.testing.assert_allclose(classifier.explain(poster, "Red").map, pixels[..., 0] / 255, atol=1e-6)
    with pytest.raises(ClassifierError, match=r"means\.onnx gives no features, as an exported network: use the class"):
        classifier.features(poster)


@pytest.mark.parametrize("isolate", [False, True])
def test_it_tells_which_pictures_are_no_posters(network, poster, isolate):
    classifier = load_classifier(network, isolate=isolate)
    prediction = classifier.predict(poster)
    assert prediction.novelty == pytest.approx(max(prediction.probabilities.values()), abs=1e-3)
    assert prediction.looks_like_a_poster


def test_a_novelty_that_cannot_be_is_refused(tmp_path):
    of_each_genre = write_onnx(tmp_path / "wide.onnx", CONTENTS, ("Identity", {}, [3]))
    assert "has features, maps or a novelty of an unknown shape" in refusal(of_each_genre)
    infinite = ("ReduceLogSum", {"axes": [1], "keepdims": 1}, [1])  # of a black poster, by which each network is tried
    assert "gives novelty that can't be" in refusal(write_onnx(tmp_path / "log.onnx", CONTENTS, infinite))


def test_a_litert_file_gives_its_own_probabilities_uncalibrated(lite, golden):
    """The network of a file has its calibration inside: what it gives is not calibrated once more."""
    file, directory = load_classifier(lite), load_classifier(golden / "classifier")
    image = golden / "posters" / "dusk.png"
    own = LiteNetwork(directory.directory / LIGHT_NETWORK, directory.manifest.preprocess.shape, 4)
    expected = own(decode(image, directory.manifest.preprocess))
    assert list(file.predict(image).probabilities.values()) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("threads", [1, 2])
def test_many_posters_in_order_and_those_that_cannot_be_read(network, poster, threads):
    many = list(load_classifier(network, threads).predict_many([poster, "none.jpg", poster]))
    assert [each.error is None for each in many] == [True, False, True]
    assert many[0] == many[2]


def test_the_commands_take_it(network, poster, capsys, tmp_path):
    assert main(["predict", str(poster), "--classifier", str(network)]) == 0
    assert "noise.png" in capsys.readouterr().out
    parts = tmp_path / "parts"
    assert main(["predict", str(poster), "--classifier", str(network), "--output", f"{parts}/"]) == 0
    assert list(parts.glob("part-*"))


def test_evaluate_wants_a_table_for_it(network, capsys):
    assert main(["evaluate", str(network)]) == 2
    assert f"run posters evaluate {network} TABLE" in capsys.readouterr().err


def test_neither_tensorflow_nor_the_converter_is_loaded(network, poster):
    code = """
import sys, posters
posters.load_classifier(sys.argv[1]).predict(sys.argv[2])
print(sorted({"tensorflow", "keras", "tf2onnx", "onnx"} & {*sys.modules}))
"""
    words = [sys.executable, "-c", code, str(network), str(poster)]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "[]\n"


# What is refused


def refusal(path):
    with pytest.raises(ClassifierError) as caught:
        load_classifier(path)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) <= LONGEST
    return message


@pytest.mark.parametrize("name", [name for name in CONTENTS if name != "export_format"])
def test_whatever_it_lacks_is_named(tmp_path, name):
    path = write_onnx(tmp_path / "a.onnx", {key: value for key, value in CONTENTS.items() if key != name})
    assert f"can't be used as a classifier, since it tells no {name}: export it again" in refusal(path)


def test_another_format_and_none_and_no_file_are_one_line(tmp_path):
    newer = write_onnx(tmp_path / "newer.onnx", CONTENTS | {"export_format": 2})
    assert "has the export format 2, and this version of posters reads 1" in refusal(newer)
    assert "tells nothing of its genres: use a file" in refusal(write_onnx(tmp_path / "bare.onnx", None))
    assert "is not a classifier: there is no such file" in refusal(tmp_path / "none.onnx")
    (tmp_path / "text.tflite").write_text("no network, but text")
    assert "it is no network of LiteRT" in refusal(tmp_path / "text.tflite")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"genre_names": ["Red", "Green"]}, "don't belong together"),
        ({"preprocess": {"height": "tall"}}, "is damaged"),
        ({"preprocess": PREPROCESS | {"height": 48}}, "does not map uint8 posters to 3 probabilities"),
        ({"rules": []}, "there must be 1 to"),
        ({"calibration": "none"}, "calibration"),
        ({"prior": [2, 0, 0]}, "prior"),
    ],
)
def test_contents_that_do_not_fit_are_one_line(tmp_path, change, reason):
    assert reason in refusal(write_onnx(tmp_path / "a.onnx", CONTENTS | change))


def test_without_the_runtime_the_extra_is_named(network, monkeypatch):
    monkeypatch.setattr("posters._base.optional_imports.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'posters\[onnxruntime\]'"):
        load_classifier(network)


@given(data=st.data())
def test_damage_is_refused_or_harmless(tmp_path_factory, data):
    """Any byte changed, or the file cut anywhere: one line, or a manifest that holds."""
    whole = bytearray(write_onnx(tmp_path_factory.getbasetemp() / "whole.onnx", CONTENTS).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.onnx"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    with suppress(ClassifierError):
        assert read_export(path).genre_names


@pytest.mark.parametrize("suffix", [".onnx", ".tflite"])
def test_a_sparse_terabyte_is_not_read(tmp_path, suffix):
    path = tmp_path / f"network{suffix}"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(ClassifierError, match="larger than"):
        load_classifier(path)


def test_metadata_without_a_buffer_are_refused(tmp_path):
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model, entry, builder = schema.ModelT(), schema.MetadataT(), flatbuffers.Builder()
    entry.name, model.metadata = "posters", [entry]
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    (tmp_path / "network.tflite").write_bytes(bytes(builder.Output()))
    with pytest.raises(ClassifierError, match="is damaged"):
        load_classifier(tmp_path / "network.tflite")


def test_fields_without_end_are_refused(tmp_path):
    """Ten megabytes of zeros are five million fields."""
    path = tmp_path / "network.onnx"
    path.write_bytes(bytes(10_000_000))
    with pytest.raises(ClassifierError, match="too many fields"):
        load_classifier(path)


@pytest.fixture
def saved_model(tmp_path):
    """What is read of a SavedModel before TensorFlow reads the rest."""
    folder = tmp_path / "films" / "2"
    (folder / "assets").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    (folder / "assets" / "classifier.json").write_text(json.dumps(CONTENTS))
    return folder


def test_a_saved_model_needs_tensorflow(saved_model, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.setattr("posters._base.optional_imports.find_spec", lambda _: None)
    for path in (saved_model, saved_model.parent):
        with pytest.raises(MissingExtraError, match=r"^tensorflow is not installed.*posters\[train\]"):
            load_classifier(path)


def test_the_newest_version_of_a_saved_model_is_read(saved_model):
    for name in ("1", "10", "notes"):
        (saved_model.parent / name).mkdir()
    assert exported_network(saved_model.parent) == saved_model / "saved_model.pb"
    (saved_model.parent / "10" / "saved_model.pb").touch()
    assert exported_network(saved_model.parent) == saved_model.parent / "10" / "saved_model.pb"
    assert read_export(saved_model / "saved_model.pb").genre_names == tuple(GENRES)


def test_a_saved_model_of_somebody_else_tells_nothing(saved_model, tmp_path):
    contents = saved_model / "assets" / "classifier.json"
    contents.rename(tmp_path / "elsewhere.json")
    with pytest.raises(ClassifierError, match="tells nothing of its genres"):
        load_classifier(saved_model)
    contents.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(ClassifierError, match="links out of its folder"):
        load_classifier(saved_model)
    contents.unlink()
    contents.write_text("[" * 100_000)
    with pytest.raises(ClassifierError, match="is damaged"):
        load_classifier(saved_model)
