"""The backbones by name. Each takes uint8 pixels, does its own preprocessing, and gives a feature map."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from posters.errors import ConfigError, TrainingError
from posters.models import POSTERS, weights_file
from posters.network.tensorflow import keras

# How each family of keras.applications wants its pixels, by the beginning of the name; the longest that fits counts.
# "own" families scale inside the model itself. The test holds each against its family's own `preprocess_input`.
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


@dataclass(frozen=True)
class Backbone:
    """One backbone that can be built.

    Attributes:
        name: what `TrainConfig.backbone` calls it.
        build: (weights, input_shape) -> a Keras model from scaled pixels to a feature map.
        scaling: how it wants its pixels.
        pretrained: whether there are ImageNet weights for it.
    """

    name: str
    build: Callable[..., Any]
    scaling: str
    pretrained: bool

    def scale(self, pixels: Any) -> Any:
        """uint8 pixels (B, H, W, 3) to the floats that this backbone was trained on."""
        return _SCALE[self.scaling](pixels)


def find_backbone(name: str) -> Backbone:
    """The backbone of that name; case, `_` and `-` don't matter.

    Raises:
        ConfigError: there is none; the message lists those that there are.
    """
    if _plain(name) == "smallcnn":
        return Backbone("small_cnn", _small_cnn, "unit", pretrained=False)
    models = _applications()
    if _plain(name) not in models:
        raise ConfigError(f"there is no backbone {name!r}; there are small_cnn, {', '.join(sorted(models.values()))}")
    model = models[_plain(name)]
    return Backbone(model, getattr(keras.applications, model), scaling_of(model), pretrained=True)


def backbone_names() -> tuple[str, ...]:
    """Every name that `find_backbone` knows, as keras.applications spells it."""
    return ("small_cnn", *sorted(_applications().values()))


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _applications() -> dict[str, str]:
    names = [name for name in dir(keras.applications) if name[0].isupper()]
    return {_plain(name): name for name in names}


def scaling_of(model: str) -> str:
    """Which scaling a model of keras.applications wants: "tf", "caffe", "torch", or "own" for none."""
    fitting = [family for family in _SCALINGS if model.startswith(family)]
    if not fitting:
        raise ConfigError(f"how {model} scales its pixels is not known here: choose another backbone")
    return _SCALINGS[max(fitting, key=len)]


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
    "own": lambda pixels: keras.layers.Rescaling(1.0, name="scaling")(pixels),
    "caffe": _caffe,
    "torch": _torch,
}


def _small_cnn(*, weights: str | None, input_shape: tuple[int, int, int], **_: Any) -> Any:
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


def build_backbone(backbone: Backbone, weights: str, input_shape: tuple[int, int, int]) -> Any:
    """Build a backbone and load its weights.

    Args:
        backbone: which.
        weights: "posters", "imagenet", "none", or the path of a weights file that Keras can load into it.
        input_shape: (height, width, 3).

    Raises:
        TrainingError: the weights can't be had, or don't fit.
    """
    _check_weights(backbone, weights)
    known = {"none": None, "imagenet": "imagenet"}
    source = known[weights] if weights in known else str(weights_file(weights))
    try:
        with warnings.catch_warnings():
            # Without a top, weights fit every shape of input, upright ones too.
            warnings.filterwarnings("ignore", message="`input_shape` is undefined or non-square")
            return backbone.build(include_top=False, weights=source, input_shape=input_shape)
    # Keras raises plain Exception for a failed download, and many kinds for a file that does not fit.
    except Exception as error:
        raise TrainingError(_why_not_built(backbone, weights, error)) from error


def _check_weights(backbone: Backbone, weights: str) -> None:
    if weights == POSTERS and backbone.name != "MobileNetV2":
        others = "imagenet or none" if backbone.pretrained else "none"
        raise TrainingError(f"the posters weights are MobileNetV2's: for {backbone.name} pass --weights {others}")
    if weights == "imagenet" and not backbone.pretrained:
        raise TrainingError(f"there are no ImageNet weights for {backbone.name}: pass --weights none")
    file = weights_file(weights)
    if weights not in ("imagenet", "none") and not file.is_file():
        raise TrainingError(f"--weights is posters, imagenet, none or a file, and there is no file {str(file)!r}")


def _why_not_built(backbone: Backbone, weights: str, error: Exception) -> str:
    if weights == "imagenet":
        return (
            f"the ImageNet weights of {backbone.name} can't be loaded ({error}): connect to the internet once, set "
            "KERAS_HOME to a folder whose models/ holds them, or pass --weights none"
        )
    return f"{backbone.name} can't be built with weights {weights!r}: {error}"
