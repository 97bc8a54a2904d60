"""`posters cross-validate`: what it refuses before anything is read. What it makes is in tests/network."""

import pytest


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--run", "{taken}"], "{taken} exists already: choose another --run, or resume it with --resume"),
        (["--run", "cv", "--folds", "1"], "--folds must be at least 2, or a CSV, but got 1"),
        (["--run", "cv", "--folds", "no.csv"], "no.csv: the folds can't be read"),
        (["--run", "cv", "--report", "{file}/report"], "{file}/report: the report can't be written"),
    ],
    ids=lambda value: " ".join(value[2:]) if isinstance(value, list) else "",
)
def test_what_can_not_be_done_is_one_line(posters, tmp_path, arguments, reason):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "notes.txt").touch()
    (tmp_path / "file").touch()
    places = {name: tmp_path / name for name in ("taken", "file")}
    outcome = posters("cross-validate", "none.csv", *(word.format(**places) for word in arguments))
    assert outcome.refusal.startswith(reason.format(**places))
