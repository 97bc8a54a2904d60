"""The options of the configs as keyword arguments, for editors, type checkers, `help` and TAB."""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, TypedDict, TypeVar

from posters.config import (
    Aspect,
    Head,
    Pooling,
    Precision,
    PreprocessConfig,
    Resampling,
    Stage,
    TrainConfig,
)
from posters.options import described

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


class TrainOptions(TypedDict, total=False):
    """The fields of `TrainConfig` and of `PreprocessConfig`; each is explained there.

    Examples:
        >>> TrainOptions(epochs=0, height=288)
        {'epochs': 0, 'height': 288}
    """

    preprocess: PreprocessConfig
    validation: float
    test: float
    seed: int
    look: bool
    backbone: str
    weights: str
    pooling: Pooling
    head: Head
    loss: str
    dropout: float
    schedule: str
    head_epochs: int
    head_learning_rate: float
    head_weight_decay: float
    head_batch_size: int
    train_scale: float
    epochs: int
    learning_rate: float
    weight_decay: float
    batch_size: int
    window: int
    augment: bool
    crop: float
    drop_path: float
    impute: bool
    mixup: float
    ema: float
    patience: int
    precision: Precision
    stages: tuple[Stage, ...]
    table_weights: dict[str, float]
    height: int
    width: int
    aspect: Aspect
    resampling: Resampling


def names_options(function: FunctionT) -> FunctionT:
    """Have the signature of a function that takes `**options: Unpack[TrainOptions]` name each of them.

    Examples:
        >>> from posters.tasks.train import train
        >>> inspect.signature(train).parameters["epochs"]
        <Parameter "epochs: int = 4">
    """
    signature = inspect.signature(function)
    own = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
    entries = [*fields(TrainConfig), *fields(PreprocessConfig)]
    options = [
        inspect.Parameter(
            entry.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=entry.default if entry.default is not MISSING else None,
            annotation=entry.type,
        )
        for entry in entries
    ]
    # In the docstring too, behind the other arguments.
    texts = [f"{entry.name}: {described(entry) if entry.metadata else 'see its class'}." for entry in entries]
    before, returns, after = (function.__doc__ or "").partition("\n\n    Returns:")
    function.__doc__ = "\n        ".join([before, *texts]) + returns + after
    function.__signature__ = signature.replace(parameters=[*own, *options])  # type: ignore[attr-defined]
    return function
