"""What a user decides about a run: how posters become pixels, and how the network learns. TOML in and out."""

import tomllib
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from posters.errors import ConfigError
from posters.extras import require
from posters.files import write_text

Aspect = Literal["stretch", "crop", "pad"]
Resampling = Literal["bilinear", "bicubic", "lanczos", "box"]
Pooling = Literal["avg", "max", "avg_max"]
Head = Literal["sigmoid", "softmax"]
LossName = Literal[
    "binary_crossentropy", "weighted_binary_crossentropy", "focal", "asymmetric", "categorical_crossentropy"
]
Precision = Literal["auto", "float32", "mixed_float16", "mixed_bfloat16"]

# The name under which many people will try Keras's fit(class_weight=...), and why they must not.
_REFUSED = {
    "class_weight": (
        "class_weight is refused: Keras's fit(class_weight=...) takes the argmax of a multi-hot label and weights the "
        "poster by its first genre alone; use loss='weighted_binary_crossentropy', which weighs each genre on its own"
    )
}


_SMALLEST = 16  # pixels of a side: a network makes nothing of less


def option(default: Any, help: str, minimum: float | None = None, maximum: float | None = None) -> Any:
    """A field of a config, with the help that the command line shows and the range that it must lie in."""
    return field(default=default, metadata={"help": help, "minimum": minimum, "maximum": maximum})


class _Checked:
    """Checks each field once, when the object is made, against its annotation and its range."""

    def __post_init__(self) -> None:
        for entry in fields(self):  # type: ignore[arg-type]
            value = getattr(self, entry.name)
            _check_type(entry.name, value, entry.type)
            _check_range(entry.name, value, entry.metadata.get("minimum"), entry.metadata.get("maximum"))


def _check_type(name: str, value: Any, annotation: Any) -> None:
    if get_origin(annotation) is Literal:
        if value not in get_args(annotation):
            raise ConfigError(f"{name} must be one of {', '.join(get_args(annotation))}, but got {value!r}")
        return
    numeric = annotation is float and isinstance(value, int) and not isinstance(value, bool)
    if not numeric and type(value) is not annotation:
        raise ConfigError(f"{name} must be a value of type {annotation.__name__}, but got {value!r}")


def _check_range(name: str, value: Any, minimum: float | None, maximum: float | None) -> None:
    # Written so that NaN fails as well.
    if minimum is not None and not value >= minimum:
        raise ConfigError(f"{name} must be at least {minimum:g}, but got {value!r}")
    if maximum is not None and not value <= maximum:
        raise ConfigError(f"{name} must be at most {maximum:g}, but got {value!r}")


@dataclass(frozen=True, kw_only=True)
class PreprocessConfig(_Checked):
    """How an image becomes the network's pixels. It travels with the classifier.

    Posters are about 2:3 upright, and so is the default size.
    """

    height: int = option(384, "height of the network's input, in pixels", _SMALLEST, 4096)
    width: int = option(256, "width of the network's input, in pixels", _SMALLEST, 4096)
    aspect: Aspect = option(
        "stretch", "how other shapes fit in: stretched, cropped around the centre, or padded with white"
    )
    resampling: Resampling = option("bilinear", "Pillow's filter for resizing, always with antialiasing")

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, 3)."""
        return (self.height, self.width, 3)


@dataclass(frozen=True, kw_only=True)
class TrainConfig(_Checked):
    """Everything else that decides a run. The same config, catalogue and versions give the same run."""

    preprocess: PreprocessConfig = field(default_factory=PreprocessConfig)

    validation: float = option(0.15, "share of the posters that choose: early stopping, thresholds", 0.01, 0.9)
    test: float = option(0.15, "share of the posters that only `posters evaluate` looks at", 0.01, 0.9)
    seed: int = option(0, "seed of the split, the initial weights, the order of posters and the augmentation", 0, 2**31)

    backbone: str = option("mobilenet_v2", "small_cnn, or a model of keras.applications by its name")
    weights: str = option("posters", "where the backbone starts from: posters, imagenet, none, or a weights file")
    pooling: Pooling = option("avg", "how the backbone's last feature map becomes one vector")
    head: Head = option("sigmoid", "sigmoid: each genre its own yes/no question; softmax: the wrong tool, to compare")
    loss: LossName = option("binary_crossentropy", "what training minimises; see posters.network.losses")
    dropout: float = option(0.5, "share of the pooled features hidden at each step of training", 0, 0.95)

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
    augment: bool = option(True, "shift, zoom, mirror and recolour the training posters a little; never upside down")
    mixup: float = option(0.0, "alpha of mixup: fine-tuning learns from blends of two posters; 0 blends none", 0, 10)
    ema: float = option(0.99, "decay per step of the weights' moving average; 0 keeps the last weights", 0, 0.99999)
    patience: int = option(3, "epochs without a better validation macro mAP before fine-tuning stops", 1)
    precision: Precision = option("auto", "arithmetic of the network; auto mixes where the device gains from it")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.validation + self.test >= 1:
            raise ConfigError(
                f"validation and test must leave posters to train on, but take {self.validation + self.test:g} of them"
            )
        if (self.head == "softmax") != (self.loss == "categorical_crossentropy"):
            raise ConfigError(
                f"head {self.head!r} can't learn with loss {self.loss!r}: "
                "softmax goes with categorical_crossentropy, sigmoid with every other loss"
            )

    @property
    def train_preprocess(self) -> PreprocessConfig:
        """How an image becomes the pixels that training learns from; where nothing is fine-tuned, as in prediction.

        Cropping and zooming while training make things look larger than they are when predicting; a network that
        predicts from larger images than it learned from makes up for it, and learns faster (Touvron et al. 2019,
        "Fixing the train-test resolution discrepancy").
        """
        if self.epochs == 0:
            return self.preprocess
        height, width = self.preprocess.height, self.preprocess.width
        # Both sides by one scale, or posters would look squeezed while training.
        scale = max(self.train_scale, _SMALLEST / min(height, width))
        return replace(self.preprocess, height=round(height * scale), width=round(width * scale))

    @property
    def from_scratch(self) -> bool:
        """Whether the whole network learns at once, there being no features worth a head of their own."""
        return self.weights == "none" and self.epochs > 0


def config_from_dict(values: dict[str, Any], source: str = "the config") -> TrainConfig:
    """A `TrainConfig` from plain data.

    Raises:
        ConfigError: an unknown key, or a value that its option can't have; the message names both and `source`.
    """
    values = dict(values)
    preprocess = values.pop("preprocess", {})
    if not isinstance(preprocess, dict):
        raise ConfigError(f"{source}: preprocess must be a table of options, but got {preprocess!r}")
    _check_names(preprocess, PreprocessConfig, source)
    _check_names(values, TrainConfig, source)
    try:
        return TrainConfig(preprocess=PreprocessConfig(**preprocess), **values)
    except ConfigError as error:
        raise ConfigError(f"{source}: {error}") from None


def _check_names(values: dict[str, Any], kind: type, source: str) -> None:
    known = [entry.name for entry in fields(kind)]
    for name in values:
        if name in _REFUSED:
            raise ConfigError(_REFUSED[name])
        if name not in known:
            raise ConfigError(f"{source}: there is no option {name!r}; there are {', '.join(known)}")


def read_config(path: Path) -> TrainConfig:
    """Read a `TrainConfig` from a TOML file; options that it does not name keep their defaults.

    Raises:
        ConfigError: there is no such file, it is not TOML, or it names an option that does not exist.
    """
    try:
        # Some editors put a byte order mark at the beginning, which TOML does not have.
        values = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: the config can't be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:  # Broken TOML or UTF-8, numbers too long, brackets too deep.
        raise ConfigError(f"{path}: not TOML ({error})") from error
    return config_from_dict(values, str(path))


def write_config(config: TrainConfig, path: Path) -> None:
    """Write every option with its value as TOML, which `read_config` reads back to an equal config."""
    write_text(path, require("tomli_w").dumps(asdict(config)))


def with_options(config: TrainConfig, **options: Any) -> TrainConfig:
    """`config` with some options changed; those of `PreprocessConfig` go by their own names, or in one as `preprocess`.

    Raises:
        ConfigError: there is no such option, or a value that it can't have.
    """
    own = {entry.name for entry in fields(PreprocessConfig)}
    preprocess = {name: value for name, value in options.items() if name in own}
    others = {name: value for name, value in options.items() if name not in own}
    _check_names(others, TrainConfig, "the options")
    base = others.pop("preprocess", config.preprocess)
    _check_type("preprocess", base, PreprocessConfig)
    return replace(config, preprocess=replace(base, **preprocess), **others)
