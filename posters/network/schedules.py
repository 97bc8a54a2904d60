"""Learning-rate schedules by name."""

from typing import Any

from posters.extensions import SCHEDULES
from posters.network.tensorflow import keras


def make_schedule(name: str, peak: float, steps: int, warmup: int = 0) -> Any:
    """Return the learning rate of each training step.

    - "cosine": falls from the peak to zero along half a cosine (Loshchilov and Hutter 2017, "SGDR", equation 5), which
      needs no early stopping of its own. The default.
    - "constant": stays at the peak.
    - A name given to `posters.register_schedule`: what was registered.

    Args:
        name: of the schedule.
        peak: highest learning rate, above 0.
        steps: of the whole fit, at least 1.
        warmup: how many of them rise from zero to the peak, along a line.

    Returns:
        A `keras.optimizers.schedules.LearningRateSchedule`.

    Examples:
        >>> schedule = make_schedule("cosine", peak=0.1, steps=100, warmup=10)
        >>> [round(float(schedule(step)), 3) for step in (0, 5, 10, 55, 100)]
        [0.0, 0.05, 0.1, 0.05, 0.0]
    """
    # Built from the number of steps alone: a resumed fit gets the same schedule, and its optimizer keeps the step.
    registered = SCHEDULES.find(name)
    if registered is not None:
        return registered(peak, steps, warmup)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if warmup else peak,
        decay_steps=max(1, steps - warmup),
        # Where the cosine ends, as a share of the peak: at 1 it is a line.
        alpha={"cosine": 0.0, "constant": 1.0}[name],
        warmup_target=peak if warmup else None,
        warmup_steps=warmup,
    )
