"""A misspelt option, command or name is told the right one, and the help of the command that it belongs to."""

import pytest


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (
            ["predict", "a.jpg", "--treshold", "3"],
            "unrecognized arguments: --treshold 3: did you mean --threshold?; see posters predict --help",
        ),
        (["predict", "a.jpg", "--zzz"], "unrecognized arguments: --zzz; see posters predict --help"),
        (
            ["train", "a.csv", "--run", "r", "--lerning-rate=1"],
            "did you mean --learning-rate?; see posters train --help",
        ),
        (["predict", "a.jpg", "--format", "jsn"], "did you mean json?; see posters predict --help"),
        (["predct"], "did you mean predict?; see posters --help"),
        (["catalogue", "t.csv", "--dialect", "imbd"], "there is no dialect 'imbd': did you mean imdb?"),
    ],
)
def test_the_right_one_is_told(posters, tmp_path, monkeypatch, words, refusal):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("id,image,genres\n1,a.jpg,Drama\n")
    assert posters(*words).refusal.endswith(refusal)
