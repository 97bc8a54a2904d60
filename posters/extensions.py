"""Register your own backbones, losses and learning-rate schedules, so that a config can name them.

Two ways lead in. A script calls `posters.register_loss` (or its siblings) before `posters.train`. An installed package
names a module under the entry-point group `posters.extensions`; that module makes the same calls when it is imported,
and then the command line knows the names too:

    [project.entry-points."posters.extensions"]
    mine = "my_package.posters_extension"

Nothing here imports TensorFlow: the registered functions do, when training calls them.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Generic, TypeVar

from posters.errors import ConfigError

ENTRY_POINTS = "posters.extensions"
SCALINGS = ("own", "unit", "tf", "caffe", "torch", "lite")

Item = TypeVar("Item")


class Registry(Generic[Item]):
    """The items of one kind that users have registered, by name.

    Args:
        kind: what messages call an item, such as "loss".
        built_in: names that the package itself provides; they can't be registered again.

    Examples:
        >>> registry = Registry("loss", ["focal"])
        >>> registry.register("mine", 3)
        >>> registry.names(), registry.find("mine"), registry.find("focal")
        (('focal', 'mine'), 3, None)
    """

    def __init__(self, kind: str, built_in: Iterable[str] = ()) -> None:
        self.kind = kind
        self.built_in = tuple(built_in)
        self._items: dict[str, Item] = {}

    def register(self, name: str, item: Item) -> None:
        """Add an item; registering a name again replaces the item, so that a notebook cell can be run twice.

        Raises:
            ConfigError: the name is empty or the package's own.
        """
        # Otherwise an old config would mean another thing after an import of somebody's module.
        if not name or name in self.built_in:
            raise ConfigError(f"a {self.kind} can't be registered as {name!r}: choose a name that is not built in")
        self._items[name] = item

    def find(self, name: str) -> Item | None:
        """Return the registered item of that name; None for a built-in name and for an unknown one."""
        # Installed extensions are imported only for a name that nothing else explains: start-up stays quick.
        if name not in self._items and name not in self.built_in:
            load_extensions()
        return self._items.get(name)

    def names(self) -> tuple[str, ...]:
        """Return all names: the built-in ones first, then the registered ones."""
        return (*self.built_in, *self._items)

    def __contains__(self, name: str) -> bool:
        return name in self.built_in or self.find(name) is not None


# A plain class: `posters predict` imports this module too, and a dataclass would take 1 ms of its start.
class Backbone:
    """A network body that `TrainConfig.backbone` can name.

    Args:
        name: its own name.
        build: called as `build(weights=..., input_shape=(H, W, 3))`; returns a Keras model from scaled pixels to a
            feature map (B, h, w, F). `weights` is None, "imagenet" or the path of a weights file.
        scaling: how it wants its pixels, one of `SCALINGS`.
        pretrained: whether `build` accepts `weights="imagenet"`.

    Examples:
        >>> Backbone("tiny", build=lambda weights, input_shape: None, scaling="unit").pretrained
        False
    """

    def __init__(self, name: str, build: Callable[..., Any], scaling: str = "own", pretrained: bool = False) -> None:
        self.name = name
        self.build = build
        self.scaling = scaling
        self.pretrained = pretrained


BACKBONES: Registry[Backbone] = Registry(
    "backbone",
    ["small_cnn", *(f"efficientnet_lite{number}{kind}" for kind in ("", "_multilevel") for number in range(3))],
)
# What makes the loss, the head that it is for, and whether it takes labels of -1.
LOSSES: Registry[tuple[Callable[[Any], Any], str, bool]] = Registry(
    "loss", ["binary_crossentropy", "weighted_binary_crossentropy", "focal", "asymmetric", "categorical_crossentropy"]
)
SCHEDULES: Registry[Callable[[float, int, int], Any]] = Registry("schedule", ["cosine", "constant"])


def register_backbone(name: str, build: Callable[..., Any], *, scaling: str = "own", pretrained: bool = False) -> None:
    """Let `TrainConfig(backbone=name)` build a network body of your own.

    Args:
        name: what configs call it; it takes precedence over a model of keras.applications with the same name.
        build: called as `build(weights=..., input_shape=(H, W, 3))`; returns a Keras model from scaled pixels,
            float (B, H, W, 3), to a feature map (B, h, w, F). `weights` is None, "imagenet" or the path of a file.
        scaling: what happens to the pixels before: "own" leaves 0 to 255, "unit" gives 0 to 1, "tf" gives -1 to 1,
            "caffe" and "torch" standardise by ImageNet's channels, "lite" gives (x - 127) / 128.
        pretrained: whether `build` accepts `weights="imagenet"`.

    Raises:
        ConfigError: the name is built in, or there is no such scaling.

    Examples:
        >>> def build(weights, input_shape):
        ...     import keras
        ...
        ...     return keras.Sequential([keras.Input(input_shape), keras.layers.Conv2D(8, 3)])
        >>> register_backbone("my_cnn", build, scaling="unit")
        >>> "my_cnn" in BACKBONES
        True
    """
    if scaling not in SCALINGS:
        raise ConfigError(f"scaling must be one of {', '.join(SCALINGS)}, but got {scaling!r}")
    BACKBONES.register(name, Backbone(name, build, scaling, pretrained))


def register_loss(name: str, make: Callable[[Any], Any], *, head: str = "sigmoid", takes_unknown: bool = False) -> None:
    """Let `TrainConfig(loss=name)` train with a loss of your own.

    Args:
        name: what configs call it.
        make: called with the prevalence, float (G,), each genre's share of the training posters; returns a Keras loss
            over labels and probabilities (B, G), which gives a value for each poster.
        head: the head that it is for, "sigmoid" or "softmax".
        takes_unknown: whether the loss itself leaves out unknown labels, which are -1. Otherwise it never sees one: it
            is given a label and a probability of 0 in their place, which pull nothing, and its value is divided by the
            share of known labels, which makes a mean over the genres one over the known labels.

    Raises:
        ConfigError: the name is built in, or there is no such head.

    Examples:
        >>> def squared_error(prevalence):
        ...     import keras
        ...
        ...     return keras.losses.MeanSquaredError()
        >>> register_loss("squared_error", squared_error)
        >>> "squared_error" in LOSSES
        True
    """
    if head not in ("sigmoid", "softmax"):
        raise ConfigError(f"head must be one of sigmoid, softmax, but got {head!r}")
    LOSSES.register(name, (make, head, takes_unknown))


def register_schedule(name: str, make: Callable[[float, int, int], Any]) -> None:
    """Let `TrainConfig(schedule=name)` train with a learning-rate schedule of your own.

    Args:
        name: what configs call it.
        make: called as `make(peak, steps, warmup)` with the highest learning rate, the number of training steps, and
            how many of them should warm up; returns a `keras.optimizers.schedules.LearningRateSchedule`.

    Raises:
        ConfigError: the name is built in.

    Examples:
        >>> def halving(peak, steps, warmup):
        ...     import keras
        ...
        ...     return keras.optimizers.schedules.ExponentialDecay(peak, max(1, steps // 10), 0.5)
        >>> register_schedule("halving", halving)
        >>> "halving" in SCHEDULES
        True
    """
    SCHEDULES.register(name, make)


@cache
def load_extensions() -> None:
    """Import every module that an installed package names under the entry-point group `posters.extensions`, once.

    Raises:
        ConfigError: one of them can't be imported.

    Examples:
        >>> load_extensions()
    """
    from importlib.metadata import entry_points  # Here, since it takes 10 ms of every start.

    for entry in entry_points(group=ENTRY_POINTS):
        try:
            entry.load()
        # Somebody else's module may raise anything.
        except Exception as error:
            raise ConfigError(f"the extension {entry.name} ({entry.value}) can't be imported: {error}") from error
