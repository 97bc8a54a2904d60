"""What the package offers: names that resolve, docstrings whose examples run, errors of one line."""

import doctest
import importlib
import inspect
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pytest

import posters
from posters import errors
from posters.classifier import read_manifest
from posters.evaluation import evaluate
from posters.evaluation.comparison import compare
from posters.models import CLASSIFIER
from posters.scores import Scores
from posters.thresholds import fixed_thresholds
from posters.train_options import TrainOptions

ERRORS = [kind for kind in vars(errors).values() if isinstance(kind, type) and kind.__module__ == errors.__name__]
# From the files' names: pkgutil would import each package to look into it, and TensorFlow with it.
PACKAGE = Path(posters.__file__).parent
FILES = [path.relative_to(PACKAGE.parent).with_suffix("") for path in sorted(PACKAGE.rglob("*.py"))]
MODULES = [
    ".".join(path.parts).removesuffix(".__init__") for path in FILES if path.parts[1] not in ("network", "__main__")
]


@pytest.mark.parametrize("name", posters.__all__)
def test_every_public_name_resolves(name):
    value = getattr(posters, name)
    assert value.__doc__
    assert name in dir(posters)
    assert getattr(value, "__name__", name) == name


def test_public_names_are_what_they_say():
    assert len(set(posters.__all__)) == len(posters.__all__)
    for name in posters.__all__:
        if name != "__version__":
            value = getattr(posters, name)
            home = importlib.import_module(posters._HOMES[name])
            assert getattr(home, name) is value
            assert name in getattr(home, "__all__", [name]), f"{home.__name__} does not offer {name}"
            assert inspect.isclass(value) or inspect.isfunction(value)


def test_tab_offers_public_names_alone():
    assert dir(posters) == sorted(posters.__all__)


@pytest.mark.parametrize(
    ("name", "meant"), [("trian", "train"), ("catalogue_", "Catalogue"), ("load_clasifier", "load_classifier")]
)
def test_a_misspelt_name_is_told_the_right_one(name, meant):
    with pytest.raises(AttributeError, match=f"has no attribute '{name}': did you mean {meant}\\?"):
        getattr(posters, name)


def test_the_signature_of_train_names_every_option_with_its_type():
    shown = inspect.signature(posters.train).parameters
    for config in (posters.TrainConfig, posters.PreprocessConfig):
        for entry in fields(config):
            assert shown[entry.name].annotation == entry.type
            # What editors and type checkers see is written by hand.
            assert get_type_hints(TrainOptions)[entry.name] == entry.type
            if "help" in entry.metadata:
                assert f"    {entry.name}: {entry.metadata['help']} (" in config.__doc__
                assert entry.metadata["help"] in posters.train.__doc__
    assert len(get_type_hints(TrainOptions)) == len(fields(posters.TrainConfig)) + len(fields(posters.PreprocessConfig))


def test_a_star_import_brings_them_all():
    namespace = {}
    exec("from posters import *", namespace)
    assert set(posters.__all__) <= set(namespace)


@pytest.mark.parametrize("name", ["Klemmbrett", "__wrapped__", "utils", ""])
def test_any_other_name_is_an_attribute_error(name):
    with pytest.raises(AttributeError, match=f"module 'posters' has no attribute '{name}'"):
        getattr(posters, name)


@pytest.mark.parametrize("name", posters.__all__[1:])
def test_the_signature_of_a_public_function_is_documented(name):
    """Every argument stands in the docstring's Args, or there are so few that none has one."""
    value = getattr(posters, name)
    documented = value.__doc__
    if inspect.isfunction(value) and "Args:" in documented:
        for argument, parameter in inspect.signature(value).parameters.items():
            stars = {parameter.VAR_KEYWORD: "**", parameter.VAR_POSITIONAL: "*"}.get(parameter.kind, "")
            assert f"    {stars}{argument}: " in documented


@cache
def given():
    """What examples of reports use without making it: an evaluation, a comparison, and a classifier's manifest."""
    y_true = np.array([[1], [0], [1], [0]])
    scores = Scores(tuple("abcd"), ("War",), np.array([[0.9], [0.2], [0.4], [0.1]]), y_true)
    other = Scores(tuple("abcd"), ("War",), np.array([[0.1], [0.9], [0.4], [0.6]]), y_true)
    return {
        "evaluation": evaluate(scores, [fixed_thresholds(("War",))], np.array([0.5]), samples=10),
        "comparison": compare({"first": scores, "second": other}, samples=10),
        "manifest": read_manifest(CLASSIFIER),
    }


def test_the_examples_in_docstrings_are_true():
    found = 0
    for name in MODULES:
        extra = given() if name.startswith("posters.report") else {}
        results = doctest.testmod(importlib.import_module(name), extraglobs=extra)
        assert results.failed == 0, f"an example in {name} is wrong; see above"
        found += results.attempted
    assert found > 0


# A server runs until it is stopped, an upload needs a request, and a comparison is shown where it is made.
WITHOUT_EXAMPLE = {"serve", "read_files", "Comparison"}


@pytest.mark.parametrize("name", [name for name in MODULES if not name.startswith(("posters.cli", "posters.tasks"))])
def test_every_public_class_and_function_has_an_example(name):
    """Commands have theirs in --help, and what needs TensorFlow in its own tests."""
    for key, value in vars(importlib.import_module(name)).items():
        here = getattr(value, "__module__", None) == name and (inspect.isfunction(value) or inspect.isclass(value))
        if here and not key.startswith("_") and key not in WITHOUT_EXAMPLE:
            methods = [method for method in vars(value).values() if inspect.isfunction(method)]
            assert any(">>>" in (part.__doc__ or "") for part in (value, *methods)), f"{name}.{key} has no example"


@pytest.mark.parametrize("name", MODULES)
def test_every_module_has_a_docstring(name):
    assert importlib.import_module(name).__doc__


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_is_a_posters_error_of_one_line(kind):
    assert issubclass(kind, posters.PostersError)
    assert kind.__doc__
    error = kind("first\n  second\r\n\tthird ")
    assert str(error) == "first second third"
    with pytest.raises(posters.PostersError, match=r"^first second third$"):
        raise error


def test_errors_can_also_be_caught_by_what_python_calls_them():
    assert issubclass(errors.ImageError, ValueError)
    assert issubclass(errors.ConfigError, ValueError)
    assert issubclass(errors.MissingExtraError, ImportError)


def test_the_version_is_that_of_the_installed_package():
    from importlib.metadata import version

    assert posters.__version__ == version("posters")
