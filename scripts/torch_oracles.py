"""What is held against libraries that need PyTorch, or whose install is large: the extra `oracles-torch`.

`scripts/oracles.py` runs them with the others. Where a library isn't installed, it is named as not compared.
"""

import importlib.util
import io
from collections.abc import Callable, Iterator
from importlib.metadata import distribution
from types import ModuleType
from typing import Any

import numpy as np
from PIL import Image

from posters._base.optional_imports import require
from posters.calibration import fit_calibration
from posters.config import PreprocessConfig
from posters.evaluation.reliability import Reliability, reliability
from posters.images.decoding import to_rgb
from posters.images.resizing import resize
from posters.metrics import METRICS, log_loss
from posters.scores import Scores
from scripts.oracle_cases import FOLDS, Comparison, both, folds_against, hostile

BINS = 10
# PyTorch's metrics compute in float32 here and there, and our losses always.
SINGLE = 1e-5


def torch_metrics() -> Iterator[Comparison]:
    """Yield the metrics that torchmetrics has too."""
    cases = {
        "macro_map": _multilabel("average_precision", average="macro"),
        "micro_map": _multilabel("average_precision", average="micro"),
        "macro_roc_auc": _multilabel("auroc", average="macro"),
        "lrap": _multilabel("ranking_average_precision"),
        "coverage_error": _multilabel("coverage_error"),
        "ranking_loss": _multilabel("ranking_loss"),
        # Of fewer genres than k, the share of those that there are.
        "precision_at_1": _retrieval("precision", top_k=1, adaptive_k=True),
        "precision_at_3": _retrieval("precision", top_k=3, adaptive_k=True),
        "recall_at_3": _retrieval("recall", top_k=3),
        "ndcg_at_3": _retrieval("normalized_dcg", top_k=3),
        "macro_f1": _multilabel("f1_score", average="macro"),
        "micro_f1": _multilabel("f1_score", average="micro"),
        "weighted_f1": _multilabel("f1_score", average="weighted"),
        "macro_precision": _multilabel("precision", average="macro"),
        "macro_recall": _multilabel("recall", average="macro"),
        "micro_precision": _multilabel("precision", average="micro"),
        "micro_recall": _multilabel("recall", average="micro"),
        "subset_accuracy": _multilabel("exact_match"),
        "hamming_loss": _multilabel("hamming_distance", average="micro"),
    }
    for name, theirs in cases.items():
        # There it orders ties by chance, and takes a score of 0 for a genre that is not in the list.
        untied = name == "ranking_loss" or "_at_" in name
        yield Comparison(
            "torchmetrics",
            METRICS[name].title + (", without ties" if untied else ""),
            "figure",
            SINGLE,
            lambda rng, name=name, theirs=theirs, untied=untied: both(name, theirs, rng, untied=untied),  # type: ignore[misc]
        )


def _tensor(values: np.ndarray) -> Any:
    return require("torch").from_numpy(np.ascontiguousarray(values))


def _multilabel(name: str, **options: Any) -> Callable[[np.ndarray, np.ndarray], float]:
    """Return a function of torchmetrics, of labels and scores or decisions (N, G)."""

    def theirs(y_true: np.ndarray, y: np.ndarray) -> float:
        function = getattr(require("torchmetrics.functional.classification"), f"multilabel_{name}")
        return float(function(_tensor(y), _tensor(y_true), y_true.shape[1], validate_args=False, **options))

    return theirs


def _retrieval(name: str, **options: Any) -> Callable[[np.ndarray, np.ndarray], float]:
    """Return the mean over posters of a function of torchmetrics, of labels and scores (N, G)."""

    def theirs(y_true: np.ndarray, y: np.ndarray) -> float:
        function = getattr(require("torchmetrics.functional.retrieval"), f"retrieval_{name}")
        return float(np.mean([function(_tensor(p), _tensor(t), **options) for t, p in zip(y_true, y, strict=True)]))

    return theirs


def _calibrated_pairs(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, Reliability]:
    """Draw labels and probabilities of pairs (N * G,), none on the edge of a bin, and what we make of them."""
    y_true, y_score = hostile(rng)
    p = (np.floor(y_score * BINS).clip(max=BINS - 1) + rng.uniform(0.01, 0.99, y_score.shape)) / BINS
    names = tuple(map(str, range(y_true.shape[1])))
    scores = Scores(tuple(map(str, range(len(y_true)))), names, p, y_true).labelled("reliability")
    return y_true.ravel(), p.ravel(), reliability(scores, y_true.mean(axis=0))


def calibration_errors() -> Iterator[Comparison]:
    """Yield both calibration errors, against both libraries."""

    def torch_error(norm: str) -> Callable[[np.ndarray, np.ndarray], float]:
        def theirs(y_true: np.ndarray, p: np.ndarray) -> float:
            function = require("torchmetrics.functional.classification").binary_calibration_error
            return float(function(_tensor(p), _tensor(y_true), n_bins=BINS, norm=norm))

        return theirs

    def netcal_error(name: str) -> Callable[[np.ndarray, np.ndarray], float]:
        return lambda y_true, p: float(getattr(require("netcal.metrics"), name)(BINS).measure(p, y_true))

    def difference(rng: np.random.Generator, error: str, theirs: Callable[[np.ndarray, np.ndarray], float]) -> float:
        y_true, p, ours = _calibrated_pairs(rng)
        return float(abs(getattr(ours, error) - theirs(y_true, p)))

    for library, error, theirs in (
        ("torchmetrics", "ece", torch_error("l1")),
        ("torchmetrics", "mce", torch_error("max")),
        ("netcal", "ece", netcal_error("ECE")),
        ("netcal", "mce", netcal_error("MCE")),
    ):
        subject = {"ece": "expected calibration error", "mce": "maximum calibration error"}[error]
        yield Comparison(
            library,
            subject,
            "figure",
            SINGLE,
            lambda rng, error=error, theirs=theirs: difference(rng, error, theirs),  # type: ignore[misc]
        )


def calibration_lead(rng: np.random.Generator) -> float:
    """Return our mean log loss over three catalogues less that of the best method; below 0: ours is lower."""
    found = np.mean([_calibrated_losses(rng) for _ in range(3)], axis=0)
    return float(found[0] - found[1:].min())


def _calibrated_losses(rng: np.random.Generator) -> list[float]:
    """Return the log loss on 4,000 other posters of our choice, and of each method for all genres.

    Fitted on 600 posters of 8 genres, each of which is sharpened or flattened and shifted in its own way, or not: of
    these methods Platt's is right by construction, and a choice can at best be as good.
    """
    slope, shift = rng.choice([1.0, 1.0, 0.5, 2.0], 8), rng.choice([0.0, 0.0, 1.0, -1.0], 8)
    true = rng.normal(rng.uniform(-3, 0, 8), 1.5, (4600, 8))
    labels = (rng.random(true.shape) < 1 / (1 + np.exp(-true))).astype(np.int64)
    p = 1 / (1 + np.exp(-(slope * true + shift)))
    scores = Scores(tuple(map(str, range(600))), tuple(map(str, range(8))), p[:600], labels[:600])
    curves = [[method(y, column) for y, column in zip(labels[:600].T, p[:600].T, strict=True)] for method in methods()]
    calibrated = [np.stack([curve(q) for curve, q in zip(each, p[600:].T, strict=True)], axis=1) for each in curves]
    # An isotonic regression is 0 or 1 where it is sure, and one surprise would cost infinitely much.
    every = [fit_calibration(scores).apply(p[600:]), *(each.clip(1e-4, 1 - 1e-4) for each in calibrated)]
    return [log_loss(labels[600:], each) for each in every]


def methods() -> list[Callable[[np.ndarray, np.ndarray], Callable[[np.ndarray], np.ndarray]]]:
    """Return the methods of netcal and scikit-learn, each from labels and probabilities (N,) to a curve."""
    scaling, isotonic = require("netcal.scaling"), require("sklearn.isotonic").IsotonicRegression
    return [
        lambda y, p: np.asarray,
        lambda y, p: scaling.TemperatureScaling().fit(p, y).transform,
        lambda y, p: scaling.LogisticCalibration().fit(p, y).transform,
        lambda y, p: isotonic(y_min=0, y_max=1, out_of_bounds="clip").fit(p, y).transform,
    ]


def losses() -> Iterator[Comparison]:
    """Yield training losses with their gradients, by logits."""
    found = {
        ("torch", "binary cross-entropy"): ("binary_crossentropy", _torch_binary),
        ("torch", "weighted binary cross-entropy"): ("weighted_binary_crossentropy", _torch_weighted),
        ("torch", "focal loss, its equation differentiated"): ("focal", _torch_focal),
        ("torch", "categorical cross-entropy of shared labels"): ("categorical_crossentropy", _torch_softmax),
        ("timm", "asymmetric loss, logits to 12"): ("asymmetric", _timm_asymmetric),
    }
    for (library, subject), (name, theirs) in found.items():
        yield Comparison(
            library,
            f"{subject}, and gradients",
            "relative",
            SINGLE,
            lambda rng, name=name, theirs=theirs: _loss_difference(name, theirs, rng),  # type: ignore[misc]
        )


PREVALENCE = np.array([0.5, 0.2, 0.1, 0.02])


def _loss_difference(name: str, theirs: Callable[[Any, Any], Any], rng: np.random.Generator) -> float:
    """Return by how much losses (B,) and gradients by logits differ, relative to those above 1."""
    reach = 12 if name == "asymmetric" else 60
    z = (rng.normal(size=(6, len(PREVALENCE))) * rng.choice([1, 5, 30])).clip(-reach, reach).astype(np.float32)
    y = (rng.random(z.shape) < 0.4).astype(np.float32)
    y[:, 0] = 1
    logits = _tensor(z).double().requires_grad_()
    values = theirs(logits, _tensor(y).double())
    values.sum().backward()
    expected = np.concatenate([values.detach().numpy().ravel(), logits.grad.numpy().ravel()])
    return float((np.abs(_our_loss(name, z, y) - expected) / np.maximum(1, np.abs(expected))).max())


def _our_loss(name: str, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return our losses and their gradients by the logits, one after the other."""
    # Imported here, since TensorFlow takes seconds to load.
    from posters.network.losses import make_loss
    from posters.network.tensorflow import keras, tf

    activation = keras.activations.softmax if name == "categorical_crossentropy" else keras.activations.sigmoid
    logits = tf.constant(z)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        values = make_loss(name, PREVALENCE).call(tf.constant(y), activation(logits))
    return np.concatenate([np.ravel(values), np.ravel(tape.gradient(values, logits))])


def _torch_binary(z: Any, y: Any, **options: Any) -> Any:
    loss = require("torch").nn.functional.binary_cross_entropy_with_logits
    return loss(z, y, reduction="none", **options).mean(dim=1)


def _torch_weighted(z: Any, y: Any) -> Any:
    return _torch_binary(z, y, pos_weight=_tensor(np.minimum((1 - PREVALENCE) / PREVALENCE, 20)))


def _torch_focal(z: Any, y: Any) -> Any:
    """Lin et al. 2017, equation 4, with gamma 2."""
    functional = require("torch").nn.functional
    sign = 2 * y - 1
    return -((1 - (sign * z).sigmoid()) ** 2 * functional.logsigmoid(sign * z)).mean(dim=1)


def _torch_softmax(z: Any, y: Any) -> Any:
    return require("torch").nn.functional.cross_entropy(z, y / y.sum(dim=1, keepdim=True), reduction="none")


def _timm_asymmetric(z: Any, y: Any) -> Any:
    options = {"gamma_neg": 4, "gamma_pos": 0, "clip": 0.05, "disable_torch_grad_focal_loss": False}
    loss = _timm("loss/asymmetric_loss.py").AsymmetricLossMultiLabel(**options)
    return require("torch").stack([loss(z[[row]], y[[row]]) for row in range(len(z))]) / z.shape[1]


def _timm(file: str) -> ModuleType:
    """Import one module of timm by its file: timm itself asks for torchvision."""
    path = distribution("timm").locate_file(f"timm/{file}")
    spec = importlib.util.spec_from_file_location(file.replace("/", "_").removesuffix(".py"), str(path))
    if spec is None or spec.loader is None:
        raise ImportError(f"timm has no {file}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def adamw(rng: np.random.Generator) -> float:
    """Return by how much weights differ after 20 steps of AdamW; neither optimizer decays the bias."""
    from posters.network.fit import compile_model
    from posters.network.tensorflow import keras, tf

    torch, model = require("torch"), keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])
    compile_model(model, keras.losses.MeanSquaredError(), schedule=0.01, weight_decay=0.05)
    theirs = [torch.from_numpy(each.numpy().copy()).requires_grad_() for each in model.trainable_variables]
    groups = [{"params": [each], "weight_decay": decay} for each, decay in zip(theirs, (0.05, 0.0), strict=True)]
    optimizer = torch.optim.AdamW(groups, lr=0.01, eps=1e-7)
    for _ in range(20):
        # None near 0, where the two add epsilon at different places.
        drawn = [rng.choice([-1, 1], each.shape) * rng.uniform(0.5, 2, each.shape) for each in theirs]
        gradients = [each.astype(np.float32) for each in drawn]
        model.optimizer.apply([tf.constant(each) for each in gradients], model.trainable_variables)
        for weight, gradient in zip(theirs, gradients, strict=True):
            weight.grad = torch.from_numpy(gradient)
        optimizer.step()
    pairs = zip(model.trainable_variables, theirs, strict=True)
    return max(float(np.abs(ours.numpy() - other.detach().numpy()).max()) for ours, other in pairs)


def moving_average(rng: np.random.Generator) -> float:
    """Return by how much averages of weights differ after 12 steps, torch's told the decay of each step."""
    from posters.network.fit import MovingAverage
    from posters.network.tensorflow import keras

    torch, decay = require("torch"), float(rng.choice([0.1, 0.5, 0.99]))
    weight = keras.Variable(rng.normal(size=5).astype(np.float32))
    ours, theirs = MovingAverage([weight], decay), torch.from_numpy(weight.numpy().copy())
    for step in range(1, 13):
        weight.assign(rng.normal(size=5).astype(np.float32))
        ours.update()
        update = torch.optim.swa_utils.get_ema_avg_fn(min(decay, (1 + step) / (10 + step)))
        theirs = update(theirs, torch.from_numpy(weight.numpy().copy()), step)
    return float(np.abs(ours.averages[0].numpy() - theirs.numpy()).max())


def _picture(rng: np.random.Generator) -> Image.Image:
    """Draw a picture of some 200 by 300 pixels, smooth and with noise."""
    smooth = Image.fromarray(rng.integers(0, 256, (9, 6, 3), np.uint8))
    big = np.asarray(smooth.resize((int(rng.integers(150, 250)), int(rng.integers(250, 350))), 3), float)
    return Image.fromarray((big + rng.normal(0, 5, big.shape)).clip(0, 255).astype(np.uint8))


def resized(rng: np.random.Generator) -> float:
    """Return by how much pixels differ that were made smaller with antialiasing."""
    image, size = _picture(rng), (int(rng.integers(64, 140)), int(rng.integers(48, 120)))
    ours = np.asarray(resize(image, PreprocessConfig(height=size[0], width=size[1])), float)
    pixels = _tensor(np.asarray(image, np.float32).transpose(2, 0, 1)[None])
    options = {"mode": "bilinear", "antialias": True, "align_corners": False}
    theirs = require("torch").nn.functional.interpolate(pixels, size, **options)[0].numpy().transpose(1, 2, 0)
    return float(np.abs(ours - theirs.round()).max())


def decoded(rng: np.random.Generator, kind: str) -> float:
    """Return by how much decoded pixels of a JPEG or PNG differ."""
    tensorflow, file = require("tensorflow"), io.BytesIO()
    _picture(rng).save(file, kind, **({"quality": int(rng.integers(40, 96))} if kind == "JPEG" else {}))
    # As accurate as libjpeg is by default, and TensorFlow is not.
    options = {"dct_method": "INTEGER_ACCURATE"} if kind == "JPEG" else {}
    theirs = getattr(tensorflow.io, f"decode_{kind.lower()}")(file.getvalue(), channels=3, **options)
    return float(np.abs(np.asarray(to_rgb(file.getvalue()), float) - theirs.numpy()).max())


def scikit_multilearn(seed: int) -> Any:
    """Return the folds of scikit-multilearn, which draws from NumPy's global state."""
    np.random.seed(seed % (1 << 32))
    return require("skmultilearn.model_selection").IterativeStratification(n_splits=FOLDS, order=1)


def torch_comparisons() -> list[Comparison]:
    """Return every comparison of this module, in the order of the table."""
    return [
        *torch_metrics(),
        *calibration_errors(),
        Comparison(
            "netcal",
            "log loss after our calibration, less that of the best of its methods (below 0: ours is lower), mean",
            "nats",
            0.003,
            calibration_lead,
        ),
        *losses(),
        Comparison("torch", "20 steps of AdamW", "weight", SINGLE, adamw),
        Comparison("torch", "moving average of weights", "weight", SINGLE, moving_average),
        Comparison("torch", "resizing with antialiasing", "levels of 255", 2, resized),
        Comparison("tensorflow", "decoded PNG", "levels of 255", 0, lambda rng: decoded(rng, "PNG")),
        Comparison("tensorflow", "decoded JPEG", "levels of 255", 1, lambda rng: decoded(rng, "JPEG")),
        Comparison(
            "scikit-multilearn",
            "unevenness of five folds (below 0: ours are more even), mean",
            "odds",
            0.01,
            lambda rng: float(np.mean([folds_against(scikit_multilearn, rng) for _ in range(10)])),
        ),
    ]
