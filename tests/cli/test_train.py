"""`posters train`: the options that it hands on, and what it refuses before TensorFlow is loaded."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Literal, get_args, get_origin

import pytest

from posters.catalogue import read_catalogue
from posters.config import TrainConfig, with_options
from posters.runs import Run
from posters.splitting.splits import Splits
from tests.cli.running import TABLE, Outcome, own_fields


class TestTrainOptions:
    """What the command line hands to `posters.train`, which is replaced here."""

    @pytest.fixture
    def handed(self, posters, table, tmp_path, monkeypatch):
        calls = []

        def fake_train(catalogue, run, config, **options):
            calls.append(SimpleNamespace(catalogue=catalogue, run=run, config=config, **options))
            return SimpleNamespace(directory=run / "classifier")

        monkeypatch.setattr("posters.tasks.train.train", fake_train)
        monkeypatch.setattr("posters.tasks.train.check_network", lambda config: None)

        def run(*arguments: object, directory: str = "run"):
            outcome = posters("train", table, "--run", tmp_path / directory, "--min-posters", 1, *arguments)
            assert (outcome.code, outcome.out) == (0, f"{tmp_path / directory / 'classifier'}\n")
            return calls.pop()

        return run

    def test_nothing_given_is_the_default_of_everything(self, handed, tmp_path):
        call = handed()
        assert call.config == TrainConfig()
        assert call.run == tmp_path / "run"
        assert (call.splits, call.cache, call.resume, call.track) == (None, None, False, [])
        assert len(call.catalogue) == 3

    @pytest.mark.parametrize("entry", own_fields(), ids=lambda entry: entry.name)
    def test_each_option_of_the_configs_is_handed_on(self, handed, entry):
        flag = f"--{entry.name.replace('_', '-')}"
        value, partner = another_value(entry), {}
        if entry.name in ("head", "loss"):  # These two go together.
            partner = {"head": "softmax", "loss": "categorical_crossentropy"}
        given = [f"--no-{entry.name}"] if value is False else [flag] if value is True else [flag, value]
        more = [word for name, other in partner.items() if name != entry.name for word in (f"--{name}", other)]
        config = handed(*given, *more).config
        assert config == with_options(TrainConfig(), **{entry.name: value, **partner})
        assert config != TrainConfig()

    def test_the_other_options_are_handed_on(self, handed, tmp_path):
        (tmp_path / "split.csv").write_text("id,split\n1,train\n2,validation\n3,test\n")
        call = handed(
            "--split",
            tmp_path / "split.csv",
            "--cache",
            tmp_path / "c",
            "--resume",
            "--tensorboard",
            "--track",
            "mlflow",
        )
        assert call.splits == {"1": "train", "2": "validation", "3": "test"}
        assert (call.cache, call.resume, call.track) == (tmp_path / "c", True, ["tensorboard", "mlflow"])

    def test_an_option_overrules_the_config_file(self, handed, tmp_path):
        (tmp_path / "config.toml").write_text("seed = 3\nepochs = 9\n\n[preprocess]\nheight = 64\n")
        config = handed("--config", tmp_path / "config.toml", "--epochs", "2").config
        assert config == with_options(TrainConfig(), seed=3, epochs=2, height=64)

    def test_tables_may_count_less(self, handed, posters, table, tmp_path):
        (tmp_path / "config.toml").write_text('[table_weights]\n"more.csv" = 0.5\n')
        assert handed("--config", tmp_path / "config.toml").config.table_weights == {"more.csv": 0.5}
        words = ("--table-weight", "a=b.csv=0.1", "--table-weight", "c.csv=1")
        assert handed(*words, directory="other").config.table_weights == {"a=b.csv": 0.1, "c.csv": 1.0}
        wrong = posters("train", table, "--run", tmp_path / "third", "--table-weight", "more.csv")
        assert "must be TABLE=X, such as others.csv=0.1, but got 'more.csv'" in wrong.err

    def test_the_config_file_may_tell_how_tables_are_read(self, handed, posters, table, tmp_path):
        config = tmp_path / "c.toml"
        config.write_text('epochs = 3\n[table]\nseparator = "+"\ncolumns = {genres = "genre list"}\n')
        table.write_text(table.read_text().replace("genres", "genre list").replace("|", "+"))
        run = handed("--config", config)
        assert run.config.epochs == 3
        assert run.catalogue == handed("--column", "genres=genre list", "--separator", "+", directory="other").catalogue
        words = ("--config", config, "--column", "genres=nothing")
        assert "'nothing'" in posters("train", table, "--run", tmp_path / "third", *words).err

    def test_a_resumed_run_keeps_its_own_config(self, handed, finished_run):
        assert handed("--resume", directory=finished_run.name).config == TrainConfig(seed=7)


def another_value(entry):
    """A value that the option may have and that is not its default."""
    if get_origin(entry.type) is Literal:
        return get_args(entry.type)[-1]
    if entry.metadata.get("registry"):
        return entry.metadata["registry"].built_in[-1]
    if entry.type is bool:
        return not entry.default
    if entry.type is str:
        return "none" if entry.name == "weights" else "small_cnn"
    return entry.default + 1 if entry.type is int else entry.default / 2 or 0.5


# What `posters train` refuses: its arguments, and what its one line says. SHOP is a folder with a table, images, split
# files and a run; the commands run in it.
TRAIN_REFUSALS: dict[str, tuple[Sequence[str], str]] = {
    "no table": (["no.csv", "--run", "new"], "no.csv: there is no such table"),
    "no run": (["table.csv"], "--run"),
    "a run that is there": (["table.csv", "--run", "taken"], "taken exists already"),
    "a file for a run": (["table.csv", "--run", "table.csv"], "table.csv exists already"),
    "no images": (["table.csv", "--run", "new", "--images", "nowhere"], "nowhere: there is no such image folder"),
    "images that are not there": (["table.csv", "--run", "new", "--images", "taken"], "no poster is left of its rows"),
    "no number": (["table.csv", "--run", "new", "--epochs", "many"], "argument --epochs: invalid int value: 'many'"),
    "out of range": (["table.csv", "--run", "new", "--dropout", "2"], "dropout must be at most 0.95, but got 2.0"),
    "not a number": (["table.csv", "--run", "new", "--dropout", "nan"], "dropout must be at least 0, but got nan"),
    "no such choice": (["table.csv", "--run", "new", "--pooling", "sum"], "argument --pooling: invalid choice: 'sum'"),
    "no such option": (["table.csv", "--run", "new", "--lerning-rate", "1"], "--lerning-rate"),
    "nothing to train on": (["table.csv", "--run", "new", "--test", "0.85"], "must leave posters to train on"),
    "head without its loss": (["table.csv", "--run", "new", "--head", "softmax"], "head 'softmax' can't learn"),
    "too small": (["table.csv", "--run", "new", "--height", "8"], "height must be at least 16, but got 8"),
    "class weights": (["table.csv", "--run", "new", "--class-weight", "balanced"], "takes the argmax of a multi-hot"),
    "weights of nothing": (["no.csv", "--run", "new", "--weights", "resnet50"], "and there is no 'resnet50'"),
    "class weights, bare": (["table.csv", "--run", "new", "--class-weight"], "takes the argmax of a multi-hot"),
    "a malformed alias": (["table.csv", "--run", "new", "--alias", "Suspense"], "--alias must be OTHER=GENRE"),
    "no config": (["table.csv", "--run", "new", "--config", "no.toml"], "no.toml: the config can't be read"),
    "a config that is none": (["table.csv", "--run", "new", "--config", "table.csv"], "table.csv: not TOML"),
    "a config's wrong key": (["table.csv", "--run", "new", "--config", "typo.toml"], "there is no option 'epoch'"),
    "no split": (["table.csv", "--run", "new", "--split", "no.csv"], "no.csv: the splits can't be read"),
    "no such split": (
        ["table.csv", "--run", "new", "--split", "dev.csv"],
        "dev.csv, row 2: 'tset' is no split: use train, validation (val, dev) or test",
    ),
    "twice in the split": (["table.csv", "--run", "new", "--split", "twice.csv"], "the poster '1' is listed twice"),
    "other options, resumed": (["table.csv", "--run", "taken", "--resume", "--seed", "8"], "began with seed = 7"),
    "no posters on a split": (
        ["table.csv", "--run", "new", "--split", "sided.csv"],
        "the validation split has no posters",
    ),
    "strangers in the split": (["table.csv", "--run", "new", "--split", "more.csv"], "the splits name 1 posters that"),
    "unreadable posters": (["table.csv", "--run", "new", "--images", "broken"], "none of the 3 posters of table.csv"),
    "workers of no cluster": (["no.csv", "--run", "new", "--workers", "2"], "those of a Ray cluster: add --engine ray"),
    "an address alone": (["no.csv", "--run", "new", "--address", "host:1"], "that of a Ray cluster: add --engine ray"),
}


READ_FIRST = {"no posters on a split", "strangers in the split", "unreadable posters", "other options, resumed"}


RUN_ALL = """
import contextlib, io, json, sys
from posters.cli import main
outcomes = {}
for name, arguments in json.load(sys.stdin).items():
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            code = main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
    outcomes[name] = {"code": code, "out": out.getvalue(), "err": err.getvalue()}
print(json.dumps({"outcomes": outcomes, "loaded": sorted({"tensorflow", "keras"} & set(sys.modules))}))
"""


@pytest.fixture(scope="module")
def shop(golden, tmp_path_factory) -> Path:
    """Where the commands run."""
    shop = tmp_path_factory.mktemp("shop")
    shutil.copytree(golden / "posters", shop / "images")
    (shop / "table.csv").write_text(TABLE)
    (shop / "typo.toml").write_text("epoch = 3\n")
    (shop / "broken").mkdir()
    for name in ("dusk.png", "night.png", "ghost.png"):
        (shop / "broken" / name).write_text("no image")
    sided = "id,split\n1,train\n2,test\n"
    files = {"dev": "id,split\n1,tset\n", "twice": sided + "1,test\n", "sided": sided, "more": sided + "9,test\n"}
    for name, text in files.items():
        (shop / f"{name}.csv").write_text(text)
    catalogue = read_catalogue(shop / "table.csv", min_posters=1, report=False)
    splits = Splits(("1",), ("2",), ("3",), 7, catalogue.fingerprint())
    Run(shop / "taken").start(TrainConfig(seed=7), splits, catalogue)
    return shop


@pytest.fixture(scope="module")
def refused(shop):
    """All of them, in one process that has never seen TensorFlow."""
    common = ["--min-posters", "1", "--cache", "cache"]
    commands = {name: ["train", *arguments, *common] for name, (arguments, _) in TRAIN_REFUSALS.items()}
    commands["class weights, bare"] = ["train", *common, *TRAIN_REFUSALS["class weights, bare"][0]]
    before = sorted(path.relative_to(shop) for path in shop.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-c", RUN_ALL],
        input=json.dumps(commands),
        cwd=shop,
        capture_output=True,
        text=True,
        check=True,
    )
    after = sorted(path.relative_to(shop) for path in shop.rglob("*"))
    left = [path for path in after if path not in before and path.parts[0] != "cache"]
    return SimpleNamespace(**json.loads(done.stdout), left=left)


class TestTrainRefusals:
    @pytest.mark.parametrize("case", TRAIN_REFUSALS)
    def test_one_line_says_what_is_wrong(self, refused, case):
        outcome = Outcome(**refused.outcomes[case])
        if case in READ_FIRST:
            assert "Traceback" not in outcome.err
            outcome = Outcome(outcome.code, outcome.out, outcome.err.splitlines()[-1] + "\n")
        assert TRAIN_REFUSALS[case][1] in outcome.refusal

    def test_none_of_them_leaves_a_run_behind(self, refused):
        assert refused.left == []

    def test_none_of_them_waits_for_tensorflow(self, refused):
        assert refused.loaded == []

    @pytest.mark.slow
    def test_a_backbone_that_is_none_is_refused_before_the_table_is_read(self, posters, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        outcome = posters("train", "no.csv", "--run", "new", "--backbone", "resnet99", "--weights", "imagenet")
        assert "there is no backbone 'resnet99'" in outcome.refusal
        # Not that the shipped weights are of another one, which would lead astray.
        assert "there is no backbone" in posters("train", "no.csv", "--run", "new", "--backbone", "resnet99").refusal
