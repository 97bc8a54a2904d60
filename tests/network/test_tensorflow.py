"""What importing TensorFlow by way of `posters.network` leaves behind."""

import gc

import posters.network  # noqa: F401


def test_the_garbage_collector_passes_over_tensorflow_and_works_on():
    assert gc.get_freeze_count() > 100_000
    assert gc.isenabled()
