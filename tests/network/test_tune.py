"""The search for a head's options: its trials are real trainings; Optuna is there where somebody installed it."""

import sys
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

import posters
from posters.catalogue import SPLITS
from posters.cli import main
from posters.config import read_config
from posters.errors import ConfigError, MissingExtraError, RunError
from posters.runs import Run
from posters.tasks.tune import tune

needs_optuna = pytest.mark.skipif(
    find_spec("optuna") is None, reason="OPTUNA IS NOT INSTALLED: pip install 'posters[tune]'"
)
pytestmark = pytest.mark.filterwarnings("ignore:.*experimental")


@pytest.fixture(scope="module")
def config(small):
    return replace(small, epochs=0, head_epochs=6, head_learning_rate=3e-3)


@pytest.fixture(scope="module")
def noisy(colours):
    """Posters of which a third have genres that are not theirs, so that no head is perfect."""
    rng = np.random.default_rng(3)
    wrong = [replace(each, genres=(str(rng.choice(colours.genre_names)),)) for each in colours]
    pairs = zip(colours, wrong, rng.random(len(wrong)) < 1 / 3, strict=True)
    return replace(colours, posters=tuple(false if swap else true for true, false, swap in pairs))


@pytest.fixture
def run(noisy, config, tmp_path):
    posters.train(noisy, tmp_path / "run", config, cache=tmp_path / "cache")
    return tmp_path / "run"


def test_without_optuna_its_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingExtraError, match=r"posters\[tune\]"):
        tune(tmp_path / "run")


@needs_optuna
@pytest.mark.slow
class TestTune:
    def test_the_first_trial_is_the_run_itself(self, run, config, tmp_path):
        tuning = tune(run, 1, tmp_path / "cache")
        (trial,) = tuning.trials
        assert trial.options["dropout"] == config.dropout
        best = max(epoch.validation_macro_map for epoch in Run(run).epochs())
        assert trial.score == pytest.approx(best, abs=1e-6)
        assert (tuning.config, read_config(tuning.path)) == (config, config)

    def test_a_search_resumes_and_a_run_with_its_best_options_reaches_its_score(self, run, noisy, config, tmp_path):
        assert len(tune(run, 3, tmp_path / "cache").trials) == 3
        tuning = tune(run, 6, tmp_path / "cache")
        assert sorted(trial.number for trial in tuning.trials) == list(range(6))
        assert len({str(dict(trial.options)) for trial in tuning.trials}) == 6
        whole = [trial.score for trial in tuning.trials if not trial.stopped]
        assert tuning.trials[0].score == max(whole) < 1
        again = tune(run, 6, tmp_path / "cache")
        assert again == tuning
        splits = Run(run).splits()
        posters.train(noisy, tmp_path / "new", read_config(tuning.path), splits=splits, cache=tmp_path / "cache")
        best = max(epoch.validation_macro_map for epoch in Run(tmp_path / "new").epochs())
        assert best == pytest.approx(max(whole), abs=1e-6)

    def test_a_search_that_was_killed_goes_on(self, run, tmp_path, monkeypatch):
        import posters.network.fit as fitting

        def killed(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(fitting, "fit", killed)
            with pytest.raises(KeyboardInterrupt):
                tune(run, 2, tmp_path / "cache")
        assert len(tune(run, 2, tmp_path / "cache").trials) == 2

    def test_labels_of_test_posters_change_nothing(self, noisy, config, tmp_path):
        splits = {poster.id: SPLITS[int(poster.id) % 3] for poster in noisy}
        scores = []
        for name in ("one", "other"):
            changed = tuple(
                replace(each, genres=("Red",)) if name == "other" and splits[each.id] == "test" else each
                for each in noisy
            )
            catalogue = replace(noisy, posters=changed)
            posters.train(catalogue, tmp_path / name, config, splits=splits, cache=tmp_path / "cache")
            scores.append([trial.score for trial in tune(tmp_path / name, 2, tmp_path / "cache").trials])
        assert scores[0] == scores[1]
        assert max(scores[0]) < 1

    def test_what_can_not_be_tuned_is_one_line(self, run, small, colours, tmp_path):
        with pytest.raises(RunError, match="is no run of posters train"):
            tune(tmp_path / "none")
        (run / "trials.db").write_bytes(np.arange(2000, dtype=np.uint8).tobytes())
        with pytest.raises(RunError, match=r"trials.db: the trials can't be read \(.*\): remove the file"):
            tune(run, 1, tmp_path / "cache")
        whole = replace(small, epochs=1)
        posters.train(colours, tmp_path / "whole", whole, cache=tmp_path / "cache")
        with pytest.raises(ConfigError, match="has no head on frozen features to tune"):
            tune(tmp_path / "whole", 1, tmp_path / "cache")

    def test_the_command_prints_the_trials_and_names_the_config(self, run, tmp_path, capsys):
        assert main(["tune", str(run), "--trials", "2", "--cache", str(tmp_path / "cache")]) == 0
        header, *trials, last = capsys.readouterr().out.splitlines()
        assert header.split() == [
            *("trial", "macro", "mAP", "head_learning_rate", "head_weight_decay", "dropout", "loss")
        ]
        assert len(trials) == 2
        assert f"--config {run}/tuned.toml" in last
