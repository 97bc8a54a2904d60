"""How the package is cut: the figures of `scripts/structure.py` stay within the limits of docs/design.md."""

from pathlib import Path

import pytest

from scripts.structure import measure

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def structure():
    return measure(REPOSITORY / "posters")


def test_few_modules_are_short(structure):
    assert structure.short_modules <= 0.15


def test_functions_are_short(structure):
    assert structure.p90_function <= 15


def test_few_functions_are_private_and_used_once(structure):
    assert structure.used_once <= 0.20


def test_comments_are_not_rare(structure):
    assert structure.comments >= 0.03


def test_no_modules_import_each_other(structure):
    assert structure.circle == ()


def test_the_figures_of_a_package_counted_by_hand(tmp_path):
    (tmp_path / "__init__.py").write_text('"""A package."""\n')
    (tmp_path / "a.py").write_text(
        '"""One."""\n\n# Why.\ndef public():\n    """Two lines of docstring,\n    and one of code."""\n'
        "    return _once() + _twice() + _twice()\n"
        "\n\ndef _once():\n    return 1\n\n\ndef _twice():\n    return 2\n"
    )
    figures = measure(tmp_path)
    assert (figures.modules, figures.short_modules, figures.median_function) == (2, 1.0, 2)
    assert figures.used_once == pytest.approx(1 / 3)
    assert figures.comments == pytest.approx(1 / 11)
    assert figures.circle == ()


def test_a_circle_is_named(tmp_path):
    package = tmp_path / "ring"
    package.mkdir()
    (package / "a.py").write_text("from ring import b\n\n\ndef f():\n    return b\n")
    (package / "b.py").write_text("def g():\n    from ring.a import f\n\n    return f\n")
    assert set(measure(package).circle) == {"ring.a", "ring.b"}
