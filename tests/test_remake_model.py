"""The commands that train the package's classifier anew: those of its card, without what was to be left out."""

from pathlib import Path

import pytest

from posters.cli import main
from posters.models import CLASSIFIER
from scripts.make_model import COMMAND
from scripts.remake_model import commands

TABLE = 'id,image,title,genres,unknown\n1,1.jpg,"One, two",Drama,\n2,2.jpg,Two,Comedy,Music|War\n3,3.jpg,Three,War,\n'


def made(folder, without):
    (folder / "more").mkdir()
    (folder / "more" / "posters.csv").write_text(TABLE)
    return list(commands(folder / "imdb", folder / "more", folder / "runs", folder / "own", without))


def test_nothing_left_out_they_are_those_of_the_card(tmp_path):
    whole = made(tmp_path, None)
    programs = [" ".join(words[1:4]).replace("-m posters ", "") for words in whole]
    assert [program.split()[0] for program in programs] == ["train", "train", "cross-validate", "scripts/make_model.py"]
    options = [word for words in whole for word in words if word.startswith("--") and word not in ("--resume", "--out")]
    assert options == [word for word in COMMAND.split() if word.startswith("--")]
    assert not [word for words in whole for word in words if word.startswith(("runs/", "imdb-posters", "more-posters"))]
    assert f"{tmp_path / 'more' / 'posters.csv'}=0.1" in whole[2]


def test_without_movielens_its_rows_are_left_out(tmp_path):
    first, second, *_ = made(tmp_path, "movielens")
    assert first[4] == second[4] == str(tmp_path / "runs" / "more-posters" / "posters.csv")
    assert Path(first[4]).read_text() == TABLE.replace("2,2.jpg,Two,Comedy,Music|War\n", "")


def test_without_further_posters_it_begins_with_imagenet(tmp_path):
    cross_validation, made_of = made(tmp_path, "more-posters")
    assert cross_validation[cross_validation.index("--weights") + 1] == "imagenet"
    assert made_of[made_of.index("--cross-validation") + 1] == str(tmp_path / "runs" / "cv")
    tables = [word for word in cross_validation if word.endswith("/posters.csv")]
    assert tables == [str(tmp_path / "imdb" / "posters.csv")]
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("place", [0, 1, 2])
def test_posters_takes_them(tmp_path, capsys, place):
    """That far that only the folder is missing."""
    words = made(tmp_path, None)[place]
    assert main([str(word) for word in words[3:]]) != 0
    assert "imdb" in (message := capsys.readouterr().err) or "more" in message
    assert "unrecognized" not in message


def test_the_card_names_the_script():
    assert "scripts/remake_model.py" in (CLASSIFIER / "MODEL_CARD.md").read_text()
