"""Configs: TOML out and in is the identity, and whatever can't be meant is refused in one line."""

import math
from dataclasses import asdict, fields
from typing import Literal, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posters.config import (
    PreprocessConfig,
    Stage,
    TrainConfig,
    config_from_dict,
    read_config,
    read_table_options,
    with_options,
    write_config,
)
from posters.errors import ConfigError

PREPROCESS_OPTIONS = [entry.name for entry in fields(PreprocessConfig)]
# What a config file has in sections of their own, and the command line not at all.
SECTIONS = ("preprocess", "stages", "table_weights")
TRAIN_OPTIONS = [entry.name for entry in fields(TrainConfig) if entry.name not in SECTIONS]


def values_of(entry):
    """A strategy for every value that an option may have."""
    low, high = entry.metadata.get("minimum"), entry.metadata.get("maximum")
    if get_origin(entry.type) is Literal:
        return st.sampled_from(get_args(entry.type))
    if entry.metadata["registry"]:
        return st.sampled_from(entry.metadata["registry"].built_in)
    kinds = {
        bool: st.booleans(),
        str: st.text(),
        int: st.integers(low, 2**40 if high is None else high),
        float: st.floats(low, high),
    }
    return kinds[entry.type]


def options_of(kind):
    return st.fixed_dictionaries({}, optional={e.name: values_of(e) for e in fields(kind) if e.metadata})


@st.composite
def configs(draw):
    options = draw(options_of(TrainConfig))
    options["validation"] = draw(st.floats(0.01, 0.9))
    options["test"] = draw(st.floats(0.01, min(0.9, 0.999 - options["validation"])))
    options["head"] = "softmax" if options.get("loss") == "categorical_crossentropy" else "sigmoid"
    tables = st.lists(st.text(), max_size=2).map(tuple)
    stages = draw(
        st.lists(st.builds(lambda own, tables: Stage(**own, tables=tables), options_of(Stage), tables), max_size=2)
    )
    if stages:
        for name in ("train_scale", "epochs", "learning_rate", "batch_size"):
            options.pop(name, None)
    preprocess = PreprocessConfig(**draw(options_of(PreprocessConfig)))
    weights = draw(st.dictionaries(st.text(), st.floats(0, 1, exclude_min=True), max_size=2))
    return TrainConfig(preprocess=preprocess, stages=tuple(stages), table_weights=weights, **options)


def error_of(call, *arguments, **options):
    """The message of the ConfigError that a call raises: one line, always."""
    with pytest.raises(ConfigError) as caught:
        call(*arguments, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


@given(config=configs())
def test_toml_round_trip_is_the_identity(tmp_path_factory, config):
    path = tmp_path_factory.mktemp("config") / "config.toml"
    write_config(config, path)
    assert read_config(path) == config


@given(config=configs())
def test_plain_data_round_trip_is_the_identity(config):
    assert config_from_dict(asdict(config)) == config


def test_options_that_a_file_does_not_name_keep_their_defaults(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("epochs = 0\n[preprocess]\nheight = 96\n")
    assert read_config(path) == TrainConfig(epochs=0, preprocess=PreprocessConfig(height=96))


def test_a_file_saved_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbfepochs = 7\n")
    assert read_config(path).epochs == 7


def test_every_option_has_help_for_the_command_line():
    for entry in (*fields(PreprocessConfig), *fields(TrainConfig)):
        assert entry.name in SECTIONS or entry.metadata["help"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epoch": 3}, "the config: there is no option 'epoch': did you mean epochs"),
        ({"preprocess": {"hight": 3}}, "there is no option 'hight': did you mean height"),
        ({"preprocess": 288}, "preprocess must be a table of options, but got 288"),
        ({"epochs": "four"}, "epochs must be a value of type int, but got 'four'"),
        ({"epochs": 4.0}, "epochs must be a value of type int, but got 4.0"),
        ({"epochs": True}, "epochs must be a value of type int, but got True"),
        ({"dropout": False}, "dropout must be a value of type float, but got False"),
        ({"augment": 1}, "augment must be a value of type bool, but got 1"),
        ({"backbone": None}, "backbone must be a value of type str, but got None"),
        ({"epochs": -1}, "epochs must be at least 0, but got -1"),
        ({"patience": 0}, "patience must be at least 1, but got 0"),
        ({"dropout": 0.96}, "dropout must be at most 0.95, but got 0.96"),
        ({"learning_rate": 0.0}, "learning_rate must be at least 1e-08, but got 0.0"),
        ({"learning_rate": math.nan}, "learning_rate must be at least 1e-08, but got nan"),
        ({"dropout": math.inf}, "dropout must be at most 0.95, but got inf"),
        ({"seed": 2**31 + 1}, "seed must be at most"),
        ({"preprocess": {"height": 15}}, "height must be at least 16, but got 15"),
        ({"preprocess": {"aspect": "squash"}}, "aspect must be one of stretch, crop, pad, but got 'squash'"),
        ({"loss": "hinge"}, "loss must be one of binary_crossentropy, weighted_binary_crossentropy, focal,"),
        ({"schedule": ["cosine"]}, "schedule must be a value of type str, but got ['cosine']"),
        ({"pooling": ["avg"]}, r"pooling must be one of avg, max, avg_max, but got ['avg']"),
        ({"validation": 0.5, "test": 0.5}, "validation and test must leave posters to train on, but take 1 of them"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_option_rule_and_value(values, message):
    assert message in error_of(config_from_dict, values)


def test_errors_name_the_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("epochs = -1")
    assert error_of(read_config, path).startswith(f"{path}: epochs")
    assert error_of(read_config, tmp_path / "none.toml").endswith("(No such file or directory)")
    assert "can't be read" in error_of(read_config, tmp_path)


@pytest.mark.parametrize(
    "content", [b"epochs", b"epochs = ", b"\xff\xfe", b"a=1\na=2", b"epochs = " + b"1" * 5000, b"a = " + b"[" * 9999]
)
def test_a_file_that_is_not_toml_is_refused(tmp_path, content):
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    assert "not TOML" in error_of(read_config, path)


@pytest.mark.parametrize("call", [config_from_dict, lambda values: with_options(TrainConfig(), **values)])
def test_class_weight_is_refused_by_name_with_the_reason(call):
    message = error_of(call, {"class_weight": {0: 2.0}})
    assert "argmax" in message
    assert "weighted_binary_crossentropy" in message


@pytest.mark.parametrize(
    ("head", "loss"),
    [("softmax", "binary_crossentropy"), ("softmax", "focal"), ("sigmoid", "categorical_crossentropy")],
)
def test_head_and_loss_must_belong_together(head, loss):
    message = error_of(TrainConfig, head=head, loss=loss)
    assert f"head {head!r} can't learn with loss {loss!r}" in message


def test_softmax_goes_with_categorical_crossentropy():
    assert TrainConfig(head="softmax", loss="categorical_crossentropy").head == "softmax"


def test_with_options_changes_what_is_named_and_nothing_else():
    before = TrainConfig(epochs=9, preprocess=PreprocessConfig(height=64))
    after = with_options(before, width=48, dropout=0.1)
    assert after == TrainConfig(epochs=9, dropout=0.1, preprocess=PreprocessConfig(height=64, width=48))
    assert with_options(before) == before == TrainConfig(epochs=9, preprocess=PreprocessConfig(height=64))


def test_with_options_takes_a_whole_preprocess_config_too():
    small = PreprocessConfig(height=32, width=32)
    assert with_options(TrainConfig(), preprocess=small).preprocess == small
    assert with_options(TrainConfig(), preprocess=small, width=16).preprocess == PreprocessConfig(height=32, width=16)


def test_with_options_refuses_what_does_not_exist():
    assert "there is no option 'colour'" in error_of(with_options, TrainConfig(), colour=3)
    assert "preprocess must be" in error_of(with_options, TrainConfig(), preprocess=3)


def test_options_of_the_two_configs_have_different_names():
    """`with_options` and the command line tell them apart by name."""
    assert not set(PREPROCESS_OPTIONS) & set(TRAIN_OPTIONS)


def test_labels_can_t_be_filled_in_from_scratch():
    with pytest.raises(ConfigError, match="pretrained weights, and weights is 'none'"):
        TrainConfig(weights="none", impute=True)


@pytest.mark.parametrize(
    ("weights", "epochs", "from_scratch"), [("none", 4, True), ("none", 0, False), ("imagenet", 4, False)]
)
def test_from_scratch(weights, epochs, from_scratch):
    assert TrainConfig(weights=weights, epochs=epochs).from_scratch is from_scratch


def test_the_shape_is_height_width_and_three_channels():
    assert PreprocessConfig(height=288, width=192).shape == (288, 192, 3)


@pytest.mark.parametrize(
    ("scale", "shape"),
    [(1.0, (384, 256, 3)), (0.75, (288, 192, 3)), (0.5, (192, 128, 3)), (0.1, (38, 26, 3))],
)
def test_fine_tuning_learns_from_a_share_of_the_size(scale, shape):
    config = TrainConfig(train_scale=scale, preprocess=PreprocessConfig(height=384, width=256, aspect="crop"))
    assert config.train_preprocess.shape == shape
    assert config.train_preprocess.aspect == "crop"


@given(
    scale=st.floats(0.1, 1),
    height=st.one_of(st.integers(16, 160), st.integers(16, 4096)),
    width=st.one_of(st.integers(16, 160), st.integers(16, 4096)),
)
def test_tiny_posters_are_learned_from_in_their_own_shape(scale, height, width):
    """No split is below 16, and the other is scaled by as much, but for rounding to whole pixels."""
    config = TrainConfig(train_scale=scale, preprocess=PreprocessConfig(height=height, width=width))
    learned = config.train_preprocess
    assert min(learned.height, learned.width) >= 16
    assert min(learned.height, learned.width) == max(16, round(scale * min(height, width)))
    assert abs(learned.height / height - learned.width / width) <= 0.5 / height + 0.5 / width + 1e-9


def test_a_scale_that_would_be_too_small_is_raised_for_both_sides():
    config = TrainConfig(train_scale=0.1, preprocess=PreprocessConfig(height=96, width=64))
    assert config.train_preprocess.shape == (24, 16, 3)


class TestTableOptions:
    @pytest.mark.parametrize(
        "section",
        [
            "table = 3",
            "[table]\nimages = 'x'",
            "[table]\ncolumns = 3",
            "table.columns.image = 3",
            "table.separator = 3",
        ],
    )
    def test_what_is_none_is_refused(self, tmp_path, section):
        path = tmp_path / "config.toml"
        path.write_text(section)
        with pytest.raises(ConfigError, match=r"config\.toml: .*table"):
            read_table_options(path)

    def test_they_are_no_options_of_training(self, tmp_path):
        path = tmp_path / "config.toml"
        path.write_text('epochs = 2\n[table]\ndialect = "plain"\n[table.columns]\nimage = "Cover"\n')
        assert read_config(path) == TrainConfig(epochs=2)
        assert read_table_options(path) == {"dialect": "plain", "columns": {"image": "Cover"}}


STAGES = """
weights = "imagenet"

[[stages]]
scale = 0.5
epochs = 3
learning_rate = 4e-4
batch_size = 64

[[stages]]
tables = ["films"]
"""


def test_stages_are_read_and_written(tmp_path):
    (tmp_path / "config.toml").write_text(STAGES)
    config = read_config(tmp_path / "config.toml")
    assert config.stages == (
        Stage(scale=0.5, epochs=3, learning_rate=4e-4, batch_size=64),
        Stage(tables=("films",), scale=0.75, epochs=4, learning_rate=1e-4, batch_size=32),
    )
    assert config.fine_tuning == config.stages
    assert [config.stage_preprocess(stage).shape for stage in config.stages] == [(192, 128, 3), (288, 192, 3)]
    assert config.train_preprocess.shape == (192, 128, 3)
    write_config(config, tmp_path / "again.toml")
    assert read_config(tmp_path / "again.toml") == config


@pytest.mark.parametrize(
    "weights", [{"more": 0}, {"more": 1.5}, {"more": "much"}, {"more": True}, ["more"], {"a": -1.0}]
)
def test_a_table_counts_more_than_nothing_and_at_most_once(weights):
    message = error_of(TrainConfig, table_weights=weights)
    assert message.startswith("table_weights must be numbers above 0, at most 1, by names of tables, but got")


def test_without_stages_there_is_one_of_the_single_options():
    config = TrainConfig(epochs=2, learning_rate=2e-4, train_scale=0.5, batch_size=8)
    assert config.fine_tuning == (Stage(scale=0.5, epochs=2, learning_rate=2e-4, batch_size=8),)
    assert TrainConfig(epochs=0).fine_tuning == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epochs = 3\n[[stages]]\n", "epochs is each stage's own"),
        ("train_scale = 1.0\n[[stages]]\n", "train_scale is each stage's own"),
        ("[[stages]]\nepochs = 0\n", "epochs must be at least 1"),
        ("[[stages]]\nscale = 2.0\n", "scale must be at most 1"),
        ("[[stages]]\nepoch = 3\n", "there is no option 'epoch': did you mean epochs"),
        ("[[stages]]\ntables = 'films'\n", "tables must be a list of names, but got 'films'"),
        ("stages = 3\n", "stages must be a list of tables of options, but got 3"),
        ("stages = [3]\n", "stages must be a list of tables of options, but got"),
    ],
)
def test_a_stage_that_can_not_be_is_one_line(tmp_path, text, message):
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        read_config(tmp_path / "config.toml")
    assert "config.toml" in str(caught.value)


def test_stages_are_checked_in_python_too():
    with pytest.raises(ConfigError, match="stages must be a list of Stage"):
        TrainConfig(stages=({"epochs": 3},))
