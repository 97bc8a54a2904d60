"""`posters sample`: what it draws, and what it refuses."""

import pytest

from posters.catalogue import read_catalogue
from tests.cli.running import calling


@pytest.fixture
def posters(capsys):
    """Runs the command line in this process; it finds the command by its entry point."""
    return calling(capsys)


class TestSample:
    def test_it_draws_a_catalogue_that_can_be_read(self, posters, tmp_path):
        outcome = posters("sample", tmp_path / "sample", "--count", 3, "--seed", 5)
        assert (outcome.code, outcome.out) == (0, f"{tmp_path / 'sample' / 'posters.csv'}\n")
        assert len(read_catalogue(tmp_path / "sample" / "posters.csv", min_posters=1)) == 3

    def test_it_refuses_to_draw_over_something_else(self, posters, tmp_path):
        (tmp_path / "diary.txt").touch()
        assert str(tmp_path) in posters("sample", tmp_path, "--count", 3).refusal
        assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]

    @pytest.mark.parametrize("options", [["--count", "0"], ["--count", "many"], ["--seed", "-1"]], ids=" ".join)
    def test_numbers_that_it_cannot_use(self, posters, tmp_path, options):
        assert options[0].strip("-") in posters("sample", tmp_path / "sample", *options).refusal
        assert not (tmp_path / "sample").exists()
