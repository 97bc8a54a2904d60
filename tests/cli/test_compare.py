"""`posters compare`: what it prints, and what it refuses."""

import json
import shutil


class TestCompare:
    def test_two_runs_on_their_common_posters(self, posters, finished_run, tmp_path):
        shutil.copytree(finished_run, tmp_path / "twin")
        outcome = posters("compare", finished_run, tmp_path / "twin", "--json", tmp_path / "comparison.json")
        assert outcome.code == 0
        assert "1 poster that all runs have" in outcome.out
        assert "shows no difference from" in " ".join(outcome.out.split())
        assert json.loads((tmp_path / "comparison.json").read_text())["posters"] == 1

    def test_what_can_not_be_compared_is_one_line(self, posters, finished_run, tmp_path):
        assert "at least two different runs" in posters("compare", finished_run).refusal
        assert "is no run: there is no such directory" in posters("compare", finished_run, tmp_path / "none").refusal
