"""What a user decides about a run: how posters become pixels, and how the network learns. TOML in and out."""

from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_origin

from posters._base.atomic_files import write_text
from posters._base.optional_imports import require
from posters._base.text import did_you_mean
from posters._base.validation import describe, matches
from posters.errors import ConfigError
from posters.extensions import LOSSES, SCHEDULES
from posters.options import documented, option

# Names of Pillow, Keras and the field, so that nobody has to look them up.
Aspect = Literal["stretch", "crop", "pad"]
Resampling = Literal["bilinear", "bicubic", "lanczos", "box"]
Pooling = Literal["avg", "max", "avg_max"]
Head = Literal["sigmoid", "softmax"]
Precision = Literal["auto", "float32", "mixed_float16", "mixed_bfloat16"]

SMALLEST_SIDE = 16  # pixels; a network learns nothing from less
# What each stage has of its own.
_SINGLE_STAGE = ("train_scale", "epochs", "learning_rate", "batch_size")
# Many people will try Keras's fit(class_weight=...) under this name, and must not.
_REFUSED = {
    "class_weight": (
        "class_weight is refused: Keras's fit(class_weight=...) takes the argmax of a multi-hot label and weights the "
        "poster by its first genre alone; use loss='weighted_binary_crossentropy', which weights each genre separately"
    )
}


class _Checked:
    """Checks each field once, when the object is made, against its annotation, its range and its registry."""

    def __post_init__(self) -> None:
        for entry in fields(self):  # type: ignore[arg-type]
            value = getattr(self, entry.name)
            if get_origin(entry.type) in (
                tuple,
                dict,
            ):  # Checked where it is declared: what is checked here is one value.
                continue
            _check_type(entry.name, value, entry.type)
            _check_range(entry.name, value, entry.metadata.get("minimum"), entry.metadata.get("maximum"))
            registry = entry.metadata.get("registry")
            if registry is not None and value not in registry:
                raise ConfigError(f"{entry.name} must be one of {', '.join(registry.names())}, but got {value!r}")


def _check_type(name: str, value: Any, annotation: Any) -> None:
    if not matches(annotation, value):
        article = "" if get_origin(annotation) is Literal else "a value of type "
        raise ConfigError(f"{name} must be {article}{describe(annotation)}, but got {value!r}")


def _check_range(name: str, value: Any, minimum: float | None, maximum: float | None) -> None:
    # `not value >= minimum` instead of `<`, so that NaN fails as well.
    if minimum is not None and not value >= minimum:
        raise ConfigError(f"{name} must be at least {minimum:g}, but got {value!r}")
    if maximum is not None and not value <= maximum:
        raise ConfigError(f"{name} must be at most {maximum:g}, but got {value!r}")


@documented
@dataclass(frozen=True, kw_only=True)
class PreprocessConfig(_Checked):
    """How an image becomes the network's pixels. It travels with the classifier.

    Posters are about 2:3 upright, and so is the default size.

    Examples:
        >>> PreprocessConfig(height=288, width=192).shape
        (288, 192, 3)
    """

    height: int = option(384, "height of the network's input, in pixels", SMALLEST_SIDE, 4096)
    width: int = option(256, "width of the network's input, in pixels", SMALLEST_SIDE, 4096)
    aspect: Aspect = option(
        "stretch", "how other shapes fit in: stretched, cropped around the centre, or padded with white"
    )
    resampling: Resampling = option("bilinear", "Pillow's filter for resizing, always with antialiasing")

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, 3)."""
        return (self.height, self.width, 3)


@dataclass(frozen=True, kw_only=True)
class Stage(_Checked):
    """One stage of fine-tuning: which posters, in which size, how often and how fast.

    Attributes:
        tables: names of tables to learn from, where a run reads several; all of them if none is named.
        scale: size of the posters, as a share of those that are predicted.
        epochs: most epochs.
        learning_rate: AdamW's highest.
        batch_size: posters per step.

    Raises:
        ConfigError: a value has the wrong type or lies out of range.

    Examples:
        >>> Stage(tables=("films",), scale=0.5).epochs
        4
    """

    tables: tuple[str, ...] = ()
    scale: float = option(0.75, "size of the posters, as a share of those that are predicted", 0.1, 1)
    epochs: int = option(4, "most epochs", 1)
    learning_rate: float = option(1e-4, "AdamW's highest learning rate", 1e-8, 1)
    batch_size: int = option(32, "posters per step", 1)

    def __post_init__(self) -> None:
        if not isinstance(self.tables, list | tuple) or not all(isinstance(name, str) for name in self.tables):
            raise ConfigError(f"tables must be a list of names, but got {self.tables!r}")
        # TOML and JSON have lists.
        object.__setattr__(self, "tables", tuple(self.tables))
        super().__post_init__()


@documented
@dataclass(frozen=True, kw_only=True)
class TrainConfig(_Checked):
    """Everything else that decides a run. The same config, catalogue and versions give the same run.

    Raises:
        ConfigError: a value has the wrong type, lies out of range, or contradicts another.

    Examples:
        >>> TrainConfig(epochs=0, weights="imagenet").from_scratch
        False
    """

    preprocess: PreprocessConfig = field(default_factory=PreprocessConfig)

    validation: float = option(0.15, "share of the posters that choose: early stopping, thresholds", 0.01, 0.9)
    test: float = option(0.15, "share of the posters that only `posters evaluate` looks at; 0 for none", 0, 0.9)
    seed: int = option(
        0, "seed of the splits, the initial weights, the order of posters and the augmentation", 0, 2**31
    )
    look: bool = option(
        True,
        "keep posters in one split that look alike to the network of this package, and not only by perceptual hashes: "
        "finds mirrored and cropped copies; once 15 ms a poster",
    )

    backbone: str = option(
        "efficientnet_lite0",
        "efficientnet_lite0 (to 2; with _multilevel, finer features too), small_cnn, one of keras.applications or a "
        "registered one",
    )
    weights: str = option(
        "posters",
        "where training starts from: posters, imagenet, none, a run or classifier of yours, or a weights file",
    )
    pooling: Pooling = option("avg", "how the backbone's last feature map becomes one vector")
    head: Head = option("sigmoid", "sigmoid: each genre its own yes/no question; softmax: the wrong tool, to compare")
    loss: str = option(
        "binary_crossentropy", f"what training minimises: {', '.join(LOSSES.built_in)}, or a registered one",
        registry=LOSSES,
    )  # fmt: skip
    dropout: float = option(0.5, "share of the pooled features hidden at each step of training", 0, 0.95)
    schedule: str = option(
        "cosine", f"how the learning rate changes: {', '.join(SCHEDULES.built_in)}, or a registered one",
        registry=SCHEDULES,
    )  # fmt: skip

    head_epochs: int = option(40, "most epochs of the head on frozen features", 0)
    head_learning_rate: float = option(3e-4, "AdamW's learning rate for the head on frozen features", 1e-8, 1)
    head_weight_decay: float = option(5.0, "AdamW's weight decay for the head on frozen features", 0, 100)
    head_batch_size: int = option(256, "posters per step of the head on frozen features", 1)

    train_scale: float = option(
        0.75, "size of the posters that fine-tuning learns from, as a share of those that are predicted", 0.1, 1
    )
    epochs: int = option(4, "most epochs of fine-tuning the whole network; 0 stops after the head", 0)
    learning_rate: float = option(1e-4, "AdamW's highest learning rate in fine-tuning", 1e-8, 1)
    weight_decay: float = option(0.05, "AdamW's weight decay in fine-tuning", 0, 10)
    batch_size: int = option(32, "posters per step of fine-tuning", 1)
    window: int = option(0, "posters that fine-tuning shuffles among each other; 0 for all, or from shards for 8192", 0)
    augment: bool = option(True, "shift, zoom, mirror and recolour the training posters a little; never upside down")
    crop: float = option(
        1.0,
        "smallest share of a poster's area that augmentation crops to, at random; 1 shifts and zooms a little instead",
        0.05,
        1,
    )
    drop_path: float = option(
        0.0, "share of posters for which fine-tuning skips the deepest residual block, and less before it", 0, 0.9
    )
    impute: bool = option(
        False, "fill in unknown labels of training posters with their probabilities, by features and known labels"
    )
    mixup: float = option(0.0, "alpha of mixup: fine-tuning learns from blends of two posters; 0 blends none", 0, 10)
    ema: float = option(0.99, "decay per step of the weights' moving average; 0 keeps the last weights", 0, 0.99999)
    patience: int = option(3, "epochs without a better validation macro mAP before fine-tuning stops", 1)
    precision: Precision = option("auto", "arithmetic of the network; auto mixes where the device gains from it")
    # In a config file alone: a stage has options of its own.
    stages: tuple[Stage, ...] = ()
    # Likewise: by the name of a table, how much its posters count beside those of other tables, above 0 and at most 1.
    table_weights: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_table_weights(self.table_weights)
        if not isinstance(self.stages, list | tuple) or not all(isinstance(stage, Stage) for stage in self.stages):
            raise ConfigError(f"stages must be a list of Stage, but got {self.stages!r}")
        object.__setattr__(self, "stages", tuple(self.stages))
        replaced = [entry for entry in fields(self) if self.stages and entry.name in _SINGLE_STAGE]
        for entry in replaced:
            if getattr(self, entry.name) != entry.default:
                raise ConfigError(
                    f"{entry.name} is each stage's own where there are stages: give it there, or no stages"
                )
        if self.validation == 0:
            raise ConfigError(
                "validation must be at least 0.01: its posters choose the epoch, the calibration and the thresholds; "
                "a run can do without test posters alone (--test 0)"
            )
        super().__post_init__()
        if self.impute and self.from_scratch:
            raise ConfigError("impute fills in labels by the features of pretrained weights, and weights is 'none'")
        if self.validation + self.test >= 1:
            raise ConfigError(
                f"validation and test must leave posters to train on, but take {self.validation + self.test:g} of them"
            )
        registered = LOSSES.find(self.loss)
        softmax = self.loss == "categorical_crossentropy" if registered is None else registered[1] == "softmax"
        if (self.head == "softmax") != softmax:
            raise ConfigError(
                f"head {self.head!r} can't learn with loss {self.loss!r}: "
                "softmax goes with categorical_crossentropy, sigmoid with every other loss"
            )

    @property
    def fine_tuning(self) -> tuple[Stage, ...]:
        """The stages of fine-tuning, in their order: `stages`, or one made of the options that it would have."""
        if self.stages or self.epochs == 0:
            return self.stages
        single = Stage(
            scale=self.train_scale, epochs=self.epochs, learning_rate=self.learning_rate, batch_size=self.batch_size
        )
        return (single,)

    def stage_preprocess(self, stage: Stage) -> PreprocessConfig:
        """How an image becomes the pixels that a stage of fine-tuning learns from.

        Cropping and zooming while training make things look larger than they are when predicting; a network that
        predicts from larger images than it learned from makes up for it, and learns faster (Touvron et al. 2019,
        "Fixing the train-test resolution discrepancy").
        """
        height, width = self.preprocess.height, self.preprocess.width
        # Both sides by one scale, or posters would look squeezed while training.
        scale = max(stage.scale, SMALLEST_SIDE / min(height, width))
        return replace(self.preprocess, height=round(height * scale), width=round(width * scale))

    @property
    def train_preprocess(self) -> PreprocessConfig:
        """As `stage_preprocess` of the first stage, whose posters the head learns from too; else as in prediction."""
        return self.stage_preprocess(self.fine_tuning[0]) if self.fine_tuning else self.preprocess

    @property
    def from_scratch(self) -> bool:
        """Whether the whole network learns at once, there being no features worth a head of their own."""
        return self.weights == "none" and bool(self.fine_tuning)


def _check_table_weights(weights: Any) -> None:
    numbers = weights.values() if isinstance(weights, dict) else [None]
    if not all(isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1 for value in numbers):
        raise ConfigError(f"table_weights must be numbers above 0, at most 1, by names of tables, but got {weights!r}")


@dataclass(frozen=True)
class RayWorkers:
    """Workers of a Ray cluster that share the fine-tuning of one run; no part of its config.

    Attributes:
        count: how many, from 1; each needs a core.
        address: of the cluster, such as "10.0.0.1:6379"; None for that in `RAY_ADDRESS`, or a new one on this machine.

    Raises:
        ConfigError: the count is below 1.

    Examples:
        >>> RayWorkers(2).address is None
        True
    """

    count: int
    address: str | None = None

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ConfigError(f"workers must be at least 1, but got {self.count}")


def config_from_dict(values: dict[str, Any], source: str = "the config") -> TrainConfig:
    """Make a `TrainConfig` from plain data.

    Args:
        values: options by name; those of `PreprocessConfig` in a dict of their own, "preprocess".
        source: what an error message calls them.

    Raises:
        ConfigError: there is an unknown key, or a value that its option can't have; the message names both and
            `source`.

    Examples:
        >>> config_from_dict({"epochs": 2, "preprocess": {"height": 288, "width": 192}}).preprocess.height
        288
    """
    values = dict(values)
    preprocess = values.pop("preprocess", {})
    if not isinstance(preprocess, dict):
        raise ConfigError(f"{source}: preprocess must be a table of options, but got {preprocess!r}")
    _check_names(preprocess, PreprocessConfig, source)
    _check_names(values, TrainConfig, source)
    stages = values.pop("stages", ())
    if not isinstance(stages, list | tuple) or not all(isinstance(stage, dict) for stage in stages):
        raise ConfigError(f"{source}: stages must be a list of tables of options, but got {stages!r}")
    for stage in stages:
        _check_names(stage, Stage, source)
    try:
        chosen = tuple(Stage(**stage) for stage in stages)
        return TrainConfig(preprocess=PreprocessConfig(**preprocess), stages=chosen, **values)
    except ConfigError as error:
        raise ConfigError(f"{source}: {error}") from None


def _check_names(values: dict[str, Any], kind: type, source: str) -> None:
    known = [entry.name for entry in fields(kind)]
    # A misspelt option that is ignored would train for hours with the default.
    for name in values:
        if name in _REFUSED:
            raise ConfigError(_REFUSED[name])
        if name not in known:
            raise ConfigError(f"{source}: there is no option {name!r}{did_you_mean(name, known)}")


def read_config(path: Path) -> TrainConfig:
    """Read a `TrainConfig` from a TOML file; options that the file does not name keep their defaults.

    Raises:
        ConfigError: the file is missing or not TOML, or names an option that does not exist.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "config.toml"
        >>> _ = path.write_text("epochs = 0")
        >>> read_config(path).epochs
        0
    """
    values = _read_toml(path)
    values.pop("table", None)
    return config_from_dict(values, str(path))


def read_table_options(path: Path) -> dict[str, Any]:
    r"""Return how a config has tables read: what its section `table` gives of separator, dialect and columns.

    Raises:
        ConfigError: the file is missing or not TOML, or the section has something else.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "config.toml"
        >>> _ = path.write_text('epochs = 0\n[table]\nseparator = " & "\ncolumns = {image = "Cover Art"}\n')
        >>> read_table_options(path)
        {'separator': ' & ', 'columns': {'image': 'Cover Art'}}
    """
    section = _read_toml(path).get("table", {})
    columns = section.get("columns", {}) if isinstance(section, dict) else None
    if columns is None or section.keys() - {"separator", "dialect", "columns"} or not isinstance(columns, dict):
        raise ConfigError(f"{path}: table must have separator, dialect or columns, but got {section!r}")
    texts = [*columns.values(), *(value for key, value in section.items() if key != "columns")]
    if not all(isinstance(text, str) for text in texts):
        raise ConfigError(f"{path}: what table has must be text, but got {section!r}")
    return dict(section)


def _read_toml(path: Path) -> dict[str, Any]:
    import tomllib  # Here, since prediction reads none.

    try:
        # Some editors put a byte order mark at the beginning, which TOML does not have.
        return tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: the config can't be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:  # Broken TOML or UTF-8, numbers too long, brackets too deep.
        raise ConfigError(f"{path}: not TOML ({error})") from error


def write_config(config: TrainConfig, path: Path) -> None:
    """Write every option with its value as TOML, which `read_config` reads back to an equal config.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "config.toml"
        >>> write_config(TrainConfig(seed=7), path)
        >>> read_config(path) == TrainConfig(seed=7)
        True
    """
    write_text(path, require("tomli_w").dumps(asdict(config)))


def with_options(config: TrainConfig, **options: Any) -> TrainConfig:
    """Return `config` with some options changed.

    Args:
        config: the one to start from; it stays as it is.
        **options: by name; those of `PreprocessConfig` by their own names too, or all together as `preprocess`.

    Raises:
        ConfigError: there is no such option, or a value that it can't have.

    Examples:
        >>> with_options(TrainConfig(), height=288, epochs=0).preprocess.shape
        (288, 256, 3)
    """
    own = {entry.name for entry in fields(PreprocessConfig)}
    preprocess = {name: value for name, value in options.items() if name in own}
    others = {name: value for name, value in options.items() if name not in own}
    _check_names(others, TrainConfig, "the options")
    base = others.pop("preprocess", config.preprocess)
    _check_type("preprocess", base, PreprocessConfig)
    return replace(config, preprocess=replace(base, **preprocess), **others)
