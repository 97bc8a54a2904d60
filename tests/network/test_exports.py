"""`posters export`: the same calibrated probabilities in every format, and everything needed to read them inside."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from posters.calibration import Calibration
from posters.calibration.calibration import CalibrationCurve
from posters.classifier import load_classifier, read_manifest, rewrite_manifest, write_classifier
from posters.cli import main, parser
from posters.errors import ClassifierError, ConfigError, MissingExtraError
from posters.images.decoding import decode
from posters.network import keras, tf
from posters.network.export import FORMATS
from posters.network.export.graph import calibrated
from posters.network.weights import keras_network, round_to_half, write_shipped_weights
from posters.tasks import export as task
from posters.tasks.export import OPSETS, TARGETS, export
from posters.tasks.train import train

DOCUMENT = Path(__file__).parents[2] / "docs" / "prediction.md"
PLATT = CalibrationCurve("platt", (1.3, 0.4))
ISOTONIC = CalibrationCurve("isotonic", (), ((0.0, 0.0), (0.02, 0.1), (0.3, 0.35), (0.9, 0.8), (1.0, 1.0)))
# A page is of files that npm fetches: test_web_page.py.
FILES = [name for name in TARGETS if name != "web"]
EXACT = [name for name in FILES if not TARGETS[name].rounded]


@pytest.fixture(scope="module")
def run(tmp_path_factory, colours, small):
    """A run whose genres have a curve of each kind."""
    folder = tmp_path_factory.mktemp("exports")
    trained = train(colours, folder / "first", small, cache=folder / "cache")
    curves = Calibration(trained.genre_names, (CalibrationCurve(), PLATT, ISOTONIC), "validation, 24 posters")
    card = (trained.directory / "MODEL_CARD.md").read_text()
    rewrite_manifest(trained.directory, replace(trained.manifest, calibration=curves), card)
    return folder / "first"


@pytest.fixture(scope="module")
def manifest(run):
    return read_manifest(run / "classifier")


@pytest.fixture(scope="module")
def written(run, tmp_path_factory):
    """All formats in one folder, by their usual names."""
    folder = tmp_path_factory.mktemp("written")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        # So few posters tell nothing to the third decimal.
        patch.setattr(task, "WORST_LOSS", 1.0)
        made = {name: export(run, name) for name in FILES}
    return {name: replace(each, path=folder / each.path) for name, each in made.items()}


@pytest.fixture(scope="module")
def pixels(colours, manifest):
    return np.stack([decode(colours.image_path(poster), manifest.preprocess) for poster in colours.posters[:20]])


@pytest.fixture(scope="module")
def expected(run, manifest, pixels):
    """NumPy's calibration of Keras's probabilities."""
    network = keras.models.load_model(run / "classifier" / "network.keras")
    return manifest.calibration.apply(network(pixels, training=False).numpy())


def test_one_list_of_formats_everywhere():
    assert tuple(TARGETS) == tuple(FORMATS)
    for name in TARGETS:
        assert parser().parse_args(["export", "runs/first", "--to", name]).to == name


# What is computed


@pytest.fixture(scope="module")
def novelties(run, pixels):
    """What `predict` tells, of posters and of pictures that are none."""
    flat = np.stack([np.full_like(pixels[0], level) for level in (0, 128, 255)])
    pictures = np.concatenate([pixels, flat])
    found = np.array([each.novelty for each in load_classifier(run).predict_many(pictures)])
    assert found.min() < 1 < found.max()
    return pictures, found


@pytest.mark.parametrize("name", EXACT)
def test_every_format_gives_what_keras_and_the_calibration_give(written, manifest, pixels, expected, name):
    given = FORMATS[name].open(written[name].path, manifest)(pixels)
    np.testing.assert_allclose(given["probabilities"], expected, atol=1e-5)
    assert written[name].largest <= 1e-5
    assert written[name].macro_map is None


@pytest.mark.parametrize("name", FILES)
def test_every_format_tells_which_pictures_are_no_posters(written, manifest, novelties, name):
    pictures, expected = novelties
    given = FORMATS[name].open(written[name].path, manifest)(pictures)["novelty"]
    assert given.shape == (len(pictures), 1)
    near = 0.1 if TARGETS[name].rounded else 0.001
    np.testing.assert_allclose(given[:, 0], expected, rtol=near, atol=near)
    assert written[name].novelty <= near


@pytest.mark.parametrize("name", EXACT)
def test_a_novelty_changes_no_probability_and_comes_last(run, written, manifest, pixels, tmp_path, name):
    """Whoever runs a file and knows of no novelty, by the output's name or by its place, sees nothing of it."""
    without = tmp_path / ("1" if name == "saved_model" else written[name].path.name)
    FORMATS[name].write(keras_network(run / "classifier", manifest), manifest, without)
    before, after = (FORMATS[name].open(path, manifest)(pixels) for path in (without, written[name].path))
    assert list(before) == ["probabilities"]
    np.testing.assert_array_equal(before["probabilities"], after["probabilities"])
    assert written[name].size < 1.2 * sum(path.stat().st_size for path in (without, *without.rglob("*")))
    names = {"litert": litert_shapes, "onnx": onnx_shapes}
    if name in names:
        assert names[name](written[name].path) == [3, 1]


def litert_shapes(path):
    from ai_edge_litert.interpreter import Interpreter

    return [int(each["shape"][-1]) for each in Interpreter(str(path)).get_output_details()]


def onnx_shapes(path):
    import onnxruntime

    return [each.shape[-1] for each in onnxruntime.InferenceSession(path).get_outputs()]


def test_an_export_with_another_novelty_is_not_written(run, monkeypatch, tmp_path):
    monkeypatch.setattr(task, "NOVELTY_TOLERANCE", -1.0)
    with pytest.raises(ClassifierError, match=r"would differ from Keras by .* of the novelty, and -1 is allowed"):
        export(run, "litert", output=tmp_path / "a.tflite")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "curves",
    [
        (PLATT,) * 3,
        (ISOTONIC,) * 3,
        (CalibrationCurve(), PLATT, ISOTONIC),
        (CalibrationCurve(), CalibrationCurve(), ISOTONIC),
        (CalibrationCurve(),) * 3,
    ],
    ids=["platt", "isotonic", "all", "no platt", "identity"],
)
def test_curves_are_those_of_numpy(curves):
    calibration = Calibration(("A", "B", "C"), curves, "nothing")
    ends = np.array([0, 1e-9, 1e-7, 1 - 1e-7, 1 - 6e-8, 1, 0.02, 0.3, 0.9])
    p = np.concatenate([ends, np.random.default_rng(0).random(1000)]).astype(np.float32)[:, None].repeat(3, axis=1)
    np.testing.assert_allclose(calibrated(calibration, tf.constant(p)), calibration.apply(p), rtol=0, atol=1e-6)


def test_8_bits_are_near_and_say_what_they_cost(written, manifest, pixels, expected):
    result = written["litert-int8"]
    given = FORMATS["litert-int8"].open(result.path, manifest)(pixels)
    assert np.abs(given["probabilities"] - expected).mean() < 0.05
    assert re.fullmatch(r"\d\d validation posters of .*first", result.checked_on)
    assert all(0 < each <= 1 for each in result.macro_map)
    assert result.size < written["litert"].size / 2


def test_the_backbone_is_in_whole_numbers_from_the_first_byte_on(written):
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(written["litert-int8"].path))
    pixels = interpreter.get_input_details()[0]
    assert (pixels["dtype"], pixels["quantization"]) == (np.uint8, (1.0, 0))
    filters = [each for each in interpreter.get_tensor_details() if len(each["shape"]) == 4 and each["shape"][1] == 3]
    assert {each["dtype"] for each in filters if each["shape"][2] == 3} == {np.int8}


def test_every_buffer_of_a_litert_file_is_aligned(written):
    from ai_edge_litert.schema_py_generated import ModelT

    for name in ("litert", "litert-int8"):
        data = np.fromfile(written[name].path, np.uint8)
        start = data.__array_interface__["data"][0]
        buffers = [buffer.data for buffer in ModelT.InitFromPackedBuf(data.data).buffers if buffer.data is not None]
        assert {(each.__array_interface__["data"][0] - start) % 16 for each in buffers} == {0}


@pytest.mark.parametrize("pooling", ["max", "avg_max"])
def test_other_poolings_are_split_too(run, manifest, small, pixels, tmp_path, pooling):
    from posters.network.model import build_network

    network = build_network(replace(small, pooling=pooling), 3).whole
    path = tmp_path / "other.tflite"
    FORMATS["litert-int8"].write(network, manifest, path, pixels)
    given = FORMATS["litert-int8"].open(path, manifest)(pixels)["probabilities"]
    np.testing.assert_allclose(given, manifest.calibration.apply(network(pixels).numpy()), atol=0.05)


# What the files contain


def examples():
    section = DOCUMENT.read_text(encoding="utf-8").partition("## Other runtimes")[2]
    section = section.partition("\n## ")[0]
    return re.findall(r"^```py(?:thon)?\n(.*?)^```", section, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("place", [1, 2, 3], ids=["litert", "onnx", "saved_model"])
def test_the_examples_load_each_and_read_what_is_inside(run, written, manifest, colours, monkeypatch, place):
    """Those of the page on prediction, as a reader types them; but for the size of these small posters."""
    monkeypatch.chdir(written["onnx"].path.parent)
    shutil.copy(colours.image_path(colours.posters[0]), "alien.jpg")
    common, *formats, decide = examples()
    height, width, _ = manifest.preprocess.shape
    names: dict[str, Any] = {}
    common = common.replace("width=256, height=384", f"width={width}, height={height}")
    for code in (common, formats[place - 1], decide):
        exec(compile(code, "prediction.md", "exec"), names)
    classifier = load_classifier(run)
    prediction = classifier.predict("alien.jpg", "f1")
    np.testing.assert_allclose(names["probabilities"][0], list(prediction.probabilities.values()), atol=1e-4)
    assert sorted(names["predicted"]) == sorted(prediction.genres)
    assert names["novelty"] == pytest.approx(prediction.novelty, abs=0.001)
    assert names["looks_like_a_poster"] == prediction.looks_like_a_poster
    contents = names["contents"]
    assert contents["genre_names"] == list(classifier.genre_names)
    assert contents["rules"] == [rule.to_dict() for rule in manifest.rules]
    assert contents["preprocess"]["height"] == height
    assert contents["calibration"] == {"applied": True, "fitted_on": "validation, 24 posters"}
    assert contents["provenance"] == manifest.provenance


def test_onnx_is_of_an_old_opset_and_takes_any_batch(written):
    import onnx

    model = onnx.load(written["onnx"].path)
    assert [each.version for each in model.opset_import if each.domain in ("", "ai.onnx")] == [13]
    (pixels,) = model.graph.input
    assert pixels.name == "poster"
    assert pixels.type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert [each.dim_param or each.dim_value for each in pixels.type.tensor_type.shape.dim] == ["N", 36, 24, 3]


@pytest.mark.parametrize("opset", [OPSETS[0], OPSETS[-1]])
def test_onnx_is_of_the_opset_asked_for(run, capsys, tmp_path, opset):
    import onnx

    path = tmp_path / "first.onnx"
    assert main(["export", str(run), "--to", "onnx", "--opset", str(opset), "--output", str(path)]) == 0
    assert [each.version for each in onnx.load(path).opset_import if each.domain in ("", "ai.onnx")] == [opset]


def test_a_saved_model_needs_nothing_of_ours(written):
    """In a process without this package, as TensorFlow Serving reads it."""
    code = """
import json, sys
sys.modules["posters"] = sys.modules["keras"] = None
import tensorflow as tf
loaded = tf.saved_model.load(sys.argv[1])
predict = loaded.signatures["serving_default"]
given = predict(poster=tf.zeros((5, 36, 24, 3), tf.uint8))
names = loaded.signatures["genre_names"]()["genre_names"].numpy()
print(json.dumps([str(predict.structured_input_signature[1]["poster"].dtype), list(given),
                  given["probabilities"].shape.as_list(), [name.decode() for name in names]]))
"""
    folder = written["saved_model"].path
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout.splitlines()[-1])
    assert loaded == ["<dtype: 'uint8'>", ["probabilities"], [5, 3], ["Blue", "Green", "Red"]]
    assert (folder.name, folder.parent.name) == ("1", "first")
    assert (folder / "assets" / "labels.txt").read_text() == "Blue\nGreen\nRed\n"


@pytest.mark.parametrize("name", [name for name in FILES if not TARGETS[name].is_folder])
def test_a_file_is_a_classifier_itself(run, written, colours, name):
    file, directory = load_classifier(written[name].path), load_classifier(run)
    paths = [colours.image_path(poster) for poster in colours.posters[:6]]
    for one, other in zip(file.predict_many(paths, "f1"), directory.predict_many(paths, "f1"), strict=True):
        near = 0.2 if TARGETS[name].rounded else 1e-4
        assert one.probabilities == pytest.approx(other.probabilities, abs=near)
        assert one.novelty == pytest.approx(other.novelty, abs=near, rel=near)
    assert file.manifest.rules == directory.manifest.rules
    assert file.manifest.provenance == directory.manifest.provenance
    assert file.manifest.calibration.fitted_on == "validation, 24 posters"


@pytest.mark.parametrize("name", FILES)
def test_what_was_written_is_near_when_it_is_checked_again(run, written, name, monkeypatch):
    monkeypatch.setattr(task, "WORST_LOSS", 1.0)
    path = written[name].path
    found = task.check_export(run, name, output=path.parent if name == "saved_model" else path)
    assert task.too_far(name, found) == ""
    assert found.size == written[name].size


# Which classifiers, and which posters


def test_the_classifier_of_the_package_has_its_weights_in_two_files(run, manifest, small, pixels, tmp_path):
    network = keras.models.load_model(run / "classifier" / "network.keras")
    round_to_half(network)

    def write(folder):
        write_shipped_weights(network, small, folder)
        shutil.copy(run / "classifier" / "network.tflite", folder)

    write_classifier(tmp_path / "shipped", manifest, "", write)
    opened = keras_network(tmp_path / "shipped", read_manifest(tmp_path / "shipped"))
    np.testing.assert_allclose(opened(pixels), network(pixels), atol=1e-6)


def test_a_directory_without_posters_is_checked_on_drawn_ones(run, messages, tmp_path):
    alone = shutil.copytree(run / "classifier", tmp_path / "alone")
    result = export(alone, "saved_model", output=tmp_path / "out")
    assert result.checked_on == "6 drawn posters"
    assert "not on real ones" in messages[0]
    assert result.path == tmp_path / "out" / "1"


def test_files_without_labels_are_compared_and_nothing_more(run, colours, tmp_path):
    paths = [colours.image_path(poster) for poster in colours.posters[:6]]
    result = export(run, "litert-int8", output=tmp_path / "few.tflite", posters=paths)
    assert (result.checked_on, result.macro_map) == ("3 posters", None)


def test_the_command_reports_how_near_it_came(run, colours, messages, capsys, tmp_path):
    rows = [f"{poster.id},{poster.image},{'|'.join((*poster.genres, 'Western'))}" for poster in colours]
    (tmp_path / "table.csv").write_text("\n".join(["id,image,genres", *rows]))
    words = ["--posters", str(tmp_path / "table.csv"), "--images", str(colours.image_root), "--output", str(tmp_path)]
    assert main(["export", str(run), "--to", "litert", *words]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'first.tflite'}\n"
    compared, novelty, size = messages[-3:]
    assert re.fullmatch(
        r"compared with Keras on 32 posters of .*table\.csv: probabilities differ by .* at most.*", compared
    )
    assert re.fullmatch(r"novelty, by which .* are known, differs by .* at most", novelty)
    assert re.fullmatch(r"0\.\d MB", size)


# What is refused


def refused(capsys, *words):
    capsys.readouterr()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["posters"])
        try:
            code = main(["export", *map(str, words)])
        except SystemExit as end:
            code = end.code
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    return err


def test_an_unknown_format_is_one_line(run, capsys):
    assert "invalid choice: 'coreml'" in refused(capsys, run, "--to", "coreml")
    with pytest.raises(
        ConfigError, match="no export format 'coreml'; there are litert, litert-int8, onnx, saved_model, web"
    ):
        export(run, "coreml")


@pytest.mark.parametrize(("to", "opset"), [("onnx", 12), ("onnx", 19), ("onnx", 0), ("litert", 13)])
def test_an_opset_that_is_not_there_is_one_line(tiny_classifier, capsys, to, opset):
    words = ("--to", to, "--opset", opset)
    assert f"there is no opset {opset} of {to}: onnx alone has opsets, 13 to 18" in refused(
        capsys, tiny_classifier, *words
    )


def test_a_classifier_of_another_version_is_one_line(tiny_classifier, capsys):
    path = tiny_classifier / "classifier.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 1}))
    assert "has the format 1, and this version of posters reads" in refused(capsys, tiny_classifier, "--to", "onnx")


def test_a_classifier_without_keras_is_one_line(tiny_classifier, golden, capsys, tmp_path):
    words = ("--to", "litert", "--posters", golden / "posters", "--output", tmp_path / "new" / "a.tflite")
    assert "holds only the network for LiteRT" in refused(capsys, tiny_classifier, *words)
    assert not (tmp_path / "new").exists()


def test_8_bits_need_posters_and_more_than_one(run, tiny_classifier, colours, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="litert-int8 needs posters like those that it will see"):
        export(tiny_classifier, "litert-int8")
    with pytest.raises(ConfigError, match="name at least two posters"):
        export(run, "litert-int8", posters=[colours.image_path(colours.posters[0])])


def test_posters_that_cannot_be_read_leave_nothing_behind(run, tmp_path):
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(ConfigError, match="none of 1 posters can be read"):
        export(run, "saved_model", posters=[tmp_path / "text.png"], output=tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("to", "limit"), [("litert-int8", "WORST_LOSS"), ("saved_model", "TOLERANCE")])
def test_what_differs_too_much_is_not_written(run, monkeypatch, tmp_path, to, limit):
    monkeypatch.setattr(task, limit, -1.0)
    with pytest.raises(ClassifierError, match=rf"as {to} the classifier would differ from Keras by .*: nothing was"):
        export(run, to, output=tmp_path / "out" / "a")
    assert list(tmp_path.rglob("*.tflite")) == list(tmp_path.rglob("*.pb")) == []


@pytest.mark.parametrize("to", FILES)
def test_what_is_there_stays_unless_forced(run, written, to):
    path = written[to].path
    before = path.stat().st_mtime_ns
    with pytest.raises(ConfigError, match="exists already: choose another output, or overwrite it with force=True"):
        export(run, to, output=path.parent if TARGETS[to].is_folder else path)
    assert path.stat().st_mtime_ns == before


def test_force_replaces_the_version_and_nothing_beside_it(run, tmp_path):
    for version in ("1", "2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "mine").touch()
    export(run, "saved_model", output=tmp_path, force=True)
    assert (tmp_path / "2" / "mine").exists()
    assert not (tmp_path / "1" / "mine").exists()


def test_a_missing_extra_is_named_before_anything_is_loaded(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    monkeypatch.setattr("posters._base.optional_imports.find_spec", lambda name: None if name == "tf2onnx" else name)
    with pytest.raises(MissingExtraError, match=r"pip install 'posters\[onnx\]'"):
        export(run, "onnx")


def test_help_loads_no_tensorflow():
    code = (
        "import sys; from posters.cli import parser; parser(); print(sorted({'tensorflow', 'numpy'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
