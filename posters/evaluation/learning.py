"""How training went, epoch by epoch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Epoch:
    """One epoch of training.

    Attributes:
        stage: "head" or "network".
        epoch: its number in the stage, from 1.
        train_loss: mean loss of its steps.
        validation_macro_map: of the weights' moving average after it.
    """

    stage: str
    epoch: int
    train_loss: float
    validation_macro_map: float
