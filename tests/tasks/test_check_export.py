"""`posters export --check`: what was written before, in its own runtime, against the classifier; without TensorFlow."""

from dataclasses import replace

import pytest

from posters.calibration import Calibration
from posters.calibration.calibration import CalibrationCurve
from posters.classifier import read_manifest, rewrite_manifest
from posters.cli import main
from posters.errors import ClassifierError, ConfigError
from posters.tasks.export import check_export, too_far
from tests.classifier.test_exported import CONTENTS, lite, write_onnx

__all__ = ["lite"]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("POSTERS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def recalibrated(tiny_classifier):
    """The golden classifier, whose probabilities were calibrated after the file was written."""
    manifest = read_manifest(tiny_classifier)
    curves = (CalibrationCurve("platt", (1.3, 0.4)),) * len(manifest.genre_names)
    changed = replace(manifest, calibration=Calibration(manifest.genre_names, curves, "validation"))
    rewrite_manifest(tiny_classifier, changed, "")
    return tiny_classifier


@pytest.fixture
def words(request, golden):
    file = request.getfixturevalue("lite")
    return ["--to", "litert", "--output", str(file), "--check", "--posters", str(golden / "posters")]


def test_a_file_of_this_classifier_is_near(tiny_classifier, golden, words, messages):
    found = check_export(tiny_classifier, "litert", output=words[3], posters=sorted((golden / "posters").glob("*.png")))
    assert found.largest < 1e-6
    assert too_far("litert", found) == ""
    before = found.path.stat().st_mtime_ns
    assert main(["export", str(tiny_classifier), *words]) == 0
    assert any(message.startswith("compared with the classifier on ") for message in messages)
    assert found.path.stat().st_mtime_ns == before


def test_a_file_that_was_written_before_another_calibration_differs(recalibrated, words, messages):
    assert main(["export", str(recalibrated), *words]) == 1
    assert "differs from the classifier by up to 0." in messages[-1]
    assert "and 0.001 is allowed: write it again" in messages[-1]


def test_a_file_of_another_classifier_is_refused(golden, tmp_path):
    other = write_onnx(tmp_path / "means.onnx", CONTENTS)
    with pytest.raises(ClassifierError, match="has other genres or another input than the classifier"):
        check_export(golden / "classifier", "onnx", output=other)


def test_what_is_not_there_and_what_does_not_belong_together_is_one_line(golden, words, capsys, tmp_path):
    with pytest.raises(ConfigError, match=r"there is no .*none\.onnx to check: write it first"):
        check_export(golden / "classifier", "onnx", output=tmp_path / "none.onnx")
    with pytest.raises(ConfigError, match="there is no export format 'coreml'"):
        check_export(golden / "classifier", "coreml")
    assert main(["export", str(golden / "classifier"), *words, "--opset", "13"]) == 2
    assert "--check writes nothing" in capsys.readouterr().err
