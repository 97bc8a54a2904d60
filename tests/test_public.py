"""What the package offers: names that resolve, docstrings whose examples run, errors of one line."""

import doctest
import importlib
import inspect
from pathlib import Path

import pytest

import posters
from posters import errors

ERRORS = [value for value in vars(errors).values() if isinstance(value, type)]
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


def test_a_star_import_brings_them_all():
    namespace = {}
    exec("from posters import *", namespace)
    assert set(posters.__all__) <= set(namespace)


@pytest.mark.parametrize("name", ["Klassifier", "__wrapped__", "utils", ""])
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


def test_the_examples_in_docstrings_are_true():
    found = 0
    for name in MODULES:
        results = doctest.testmod(importlib.import_module(name))
        assert results.failed == 0, f"an example in {name} is wrong; see above"
        found += results.attempted
    assert found > 0


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_is_for(name):
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
