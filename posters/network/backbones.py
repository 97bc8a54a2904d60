"""Backbones by name. Each takes uint8 pixels, does its own preprocessing, and gives a feature map."""

import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from posters.classifier.starting_weights import HAVE_POSTERS_WEIGHTS
from posters.errors import ConfigError, TrainingError
from posters.extensions import BACKBONES, Backbone
from posters.models import OF_BACKBONE, POSTERS, weights_file, weights_name
from posters.network.efficientnet_lite import VARIANTS, efficientnet_lite, imagenet_file
from posters.network.tensorflow import keras
from posters.network.weights_files import check_weights_file

# How each family of keras.applications wants its pixels, by the beginning of the name; the longest that fits counts.
# "own" families scale inside the model itself. A test compares each with its family's own `preprocess_input`.
_SCALINGS = {
    "ConvNeXt": "own",
    "DenseNet": "torch",
    "EfficientNet": "own",
    "Inception": "tf",
    "MobileNet": "tf",
    "MobileNetV3": "own",
    "NASNet": "tf",
    "ResNet": "caffe",
    "ResNet101V2": "tf",
    "ResNet152V2": "tf",
    "ResNet50V2": "tf",
    "VGG": "caffe",
    "Xception": "tf",
}
_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)
_IMAGENET_MEAN_BGR = (103.939, 116.779, 123.68)


def find_backbone(name: str) -> Backbone:
    """Return the backbone of that name: one of the package's own, a registered one, or a model of keras.applications.

    Args:
        name: as registered; of the package's own and of keras.applications, case, `_` and `-` don't matter.

    Raises:
        ConfigError: there is none; the message lists those that there are.

    Examples:
        >>> find_backbone("mobilenet_v2").name
        'MobileNetV2'
    """
    own = {_plain(lite): Backbone(lite, partial(efficientnet_lite, lite), "lite", pretrained=True) for lite in VARIANTS}
    own["smallcnn"] = Backbone("small_cnn", _small_cnn, "unit", pretrained=False)
    if _plain(name) in own:
        return own[_plain(name)]
    registered = BACKBONES.find(name)
    if registered is not None:
        return registered
    models = _applications()
    if _plain(name) not in models:
        known = (*BACKBONES.names(), *sorted(models.values()))
        raise ConfigError(f"there is no backbone {name!r}; there are {', '.join(known)}")
    model = models[_plain(name)]
    build = partial(getattr(keras.applications, model), include_top=False)
    return Backbone(model, build, scaling_of(model), pretrained=True)


def backbone_names() -> tuple[str, ...]:
    """Return every name that `find_backbone` knows; models of keras.applications as Keras spells them.

    Examples:
        >>> {"small_cnn", "ConvNeXtTiny"} <= set(backbone_names())
        True
    """
    return (*BACKBONES.names(), *sorted(_applications().values()))


# Keras's spelling (MobileNetV2) and that of papers and other libraries (mobilenet_v2) are both in use.
def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _applications() -> dict[str, str]:
    names = [name for name in dir(keras.applications) if name[0].isupper()]
    return {_plain(name): name for name in names}


def scaling_of(model: str) -> str:
    """Return which scaling a model of keras.applications wants: "tf", "caffe", "torch", or "own" for none.

    Raises:
        ConfigError: the model's family is not known here.

    Examples:
        >>> scaling_of("ResNet50V2"), scaling_of("ResNet50")
        ('tf', 'caffe')
    """
    fitting = [family for family in _SCALINGS if model.startswith(family)]
    if not fitting:
        raise ConfigError(f"how {model} scales its pixels is not known here: choose another backbone")
    return _SCALINGS[max(fitting, key=len)]


def scale_pixels(backbone: Backbone, pixels: Any) -> Any:
    """Turn uint8 pixels (B, H, W, 3) into the floats that a backbone was trained on.

    Examples:
        >>> pixels = keras.Input((48, 32, 3), dtype="uint8")
        >>> scale_pixels(find_backbone("small_cnn"), pixels).dtype
        'float32'
    """
    return _SCALE[backbone.scaling](pixels)


def _caffe(pixels: Any) -> Any:
    blue_green_red = keras.layers.Rescaling(1.0, name="to_float")(pixels)[..., ::-1]
    return keras.layers.Rescaling(1.0, offset=[-mean for mean in _IMAGENET_MEAN_BGR], name="scaling")(blue_green_red)


def _torch(pixels: Any) -> Any:
    scale = [1 / (255 * std) for std in _IMAGENET_STD]
    offset = [-mean / std for mean, std in zip(_IMAGENET_MEAN, _IMAGENET_STD, strict=True)]
    return keras.layers.Rescaling(scale, offset=offset, name="scaling")(pixels)


_SCALE: dict[str, Callable[[Any], Any]] = {
    "tf": lambda pixels: keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="scaling")(pixels),
    "unit": lambda pixels: keras.layers.Rescaling(1 / 255, name="scaling")(pixels),
    "lite": lambda pixels: keras.layers.Rescaling(1 / 128, offset=-127 / 128, name="scaling")(pixels),
    "own": lambda pixels: keras.layers.Rescaling(1.0, name="scaling")(pixels),
    "caffe": _caffe,
    "torch": _torch,
}


def _small_cnn(*, weights: str | None, input_shape: tuple[int, int, int]) -> Any:
    """Four blocks of convolution, normalisation and pooling: the size that tutorials train from scratch."""
    inputs = keras.Input(input_shape)
    x = inputs
    for filters in (16, 32, 64, 128):
        x = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        # A tutorial has a few hundred steps, in which the usual momentum of 0.99 would not come to an average.
        x = keras.layers.BatchNormalization(momentum=0.9)(x)
        x = keras.layers.Activation("relu")(x)
        x = keras.layers.MaxPooling2D(padding="same")(x)
    model = keras.Model(inputs, x, name="small_cnn")
    if weights:
        model.load_weights(weights)
    return model


def build_backbone(backbone: Backbone, weights: str, input_shape: tuple[int, int, int], drop_path: float = 0.0) -> Any:
    """Build a backbone and load its weights.

    Args:
        backbone: which.
        weights: "posters", "imagenet", "none", or the path of a weights file that Keras can load into it.
        input_shape: (height, width, 3).
        drop_path: as `TrainConfig.drop_path`; EfficientNet-Lite has it.

    Returns:
        A Keras model from scaled pixels (B, H, W, 3) to a feature map (B, h, w, F).

    Raises:
        ConfigError: there is a `drop_path`, and the backbone has none.
        MissingExtraError: the weights are in a package that is not installed.
        TrainingError: the weights can't be had, or don't fit.

    Examples:
        >>> build_backbone(find_backbone("small_cnn"), "none", (48, 32, 3)).output_shape
        (None, 3, 2, 128)
    """
    if drop_path and backbone.name not in VARIANTS:
        raise ConfigError(f"{backbone.name} has no drop_path: choose one of {', '.join(VARIANTS)}, or leave it at 0")
    _check_weights(backbone, weights)
    extra = {"drop_path": drop_path} if drop_path else {}
    known = {"none": None, "imagenet": "imagenet"}
    source = known[weights] if weights in known else str(weights_file(weights, backbone.name))
    try:
        if source and source != "imagenet":
            check_weights_file(Path(source))
        with warnings.catch_warnings():
            # Without a top, weights fit every shape of input, upright ones too.
            warnings.filterwarnings("ignore", message="`input_shape` is undefined or non-square")
            return backbone.build(weights=source, input_shape=input_shape, **extra)
    # Keras raises plain Exception for a failed download, and many kinds for a file that does not fit.
    except Exception as error:
        if weights == "imagenet":
            raise TrainingError(
                f"the ImageNet weights of {backbone.name} can't be loaded ({error}): connect to the internet once, set "
                "KERAS_HOME to a folder whose models/ holds them, or pass --weights none"
            ) from error
        raise TrainingError(f"{backbone.name} can't be built with weights {weights!r}: {error}") from error


def _check_weights(backbone: Backbone, weights: str) -> None:
    """Refuse weights that this backbone can't have, before Keras fails in its own words."""
    if weights == POSTERS and weights_name(backbone.name) not in OF_BACKBONE:
        others = "imagenet or none" if backbone.pretrained else "none"
        raise TrainingError(f"{HAVE_POSTERS_WEIGHTS}: for {backbone.name} pass --weights {others}")
    if weights == "imagenet" and not backbone.pretrained:
        raise TrainingError(f"there are no ImageNet weights for {backbone.name}: pass --weights none")
    if weights == "imagenet" and backbone.name in VARIANTS:
        imagenet_file(backbone.name)
    file = weights_file(weights, backbone.name)
    if weights not in ("imagenet", "none") and not file.is_file():
        raise TrainingError(f"--weights is posters, imagenet, none or a file, and there is no file {str(file)!r}")
