"""Configs: TOML out and in is the identity, and whatever can't be meant is refused in one line."""

import math
from dataclasses import asdict, fields
from typing import Literal, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posters.config import (
    PreprocessConfig,
    TrainConfig,
    config_from_dict,
    read_config,
    with_options,
    write_config,
)
from posters.errors import ConfigError

PREPROCESS_OPTIONS = [entry.name for entry in fields(PreprocessConfig)]
TRAIN_OPTIONS = [entry.name for entry in fields(TrainConfig) if entry.name != "preprocess"]


def values_of(entry):
    """A strategy for every value that an option may have."""
    low, high = entry.metadata.get("minimum"), entry.metadata.get("maximum")
    if get_origin(entry.type) is Literal:
        return st.sampled_from(get_args(entry.type))
    kinds = {
        bool: st.booleans(),
        str: st.text(),
        int: st.integers(low, 2**40 if high is None else high),
        float: st.floats(low, high),
    }
    return kinds[entry.type]


def options_of(kind):
    return st.fixed_dictionaries({}, optional={e.name: values_of(e) for e in fields(kind) if e.name != "preprocess"})


@st.composite
def configs(draw):
    options = draw(options_of(TrainConfig))
    options["validation"] = draw(st.floats(0.01, 0.9))
    options["test"] = draw(st.floats(0.01, min(0.9, 0.999 - options["validation"])))
    options["head"] = "softmax" if options.get("loss") == "categorical_crossentropy" else "sigmoid"
    return TrainConfig(preprocess=PreprocessConfig(**draw(options_of(PreprocessConfig))), **options)


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
        assert entry.name == "preprocess" or entry.metadata["help"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epoch": 3}, "the config: there is no option 'epoch'; there are preprocess, validation,"),
        ({"preprocess": {"hight": 3}}, "there is no option 'hight'; there are height, width, aspect, resampling"),
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
    """No side is below 16, and the other is scaled by as much, but for rounding to whole pixels."""
    config = TrainConfig(train_scale=scale, preprocess=PreprocessConfig(height=height, width=width))
    learned = config.train_preprocess
    assert min(learned.height, learned.width) >= 16
    assert min(learned.height, learned.width) == max(16, round(scale * min(height, width)))
    assert abs(learned.height / height - learned.width / width) <= 0.5 / height + 0.5 / width + 1e-9


def test_a_scale_that_would_be_too_small_is_raised_for_both_sides():
    config = TrainConfig(train_scale=0.1, preprocess=PreprocessConfig(height=96, width=64))
    assert config.train_preprocess.shape == (24, 16, 3)
