"""Order, augmentation and mixup: functions of seed, epoch and step alone."""

from dataclasses import replace

import numpy as np
import pytest

from posters.network.data import Batches, augment, in_order, mixup

X = np.arange(20, dtype=np.float32)[:, None]
Y = np.tile(np.arange(20)[:, None] % 2, (1, 3)).astype(np.uint8)


def batches(**changes):
    return Batches(**{"x": X, "y": Y, "rows": np.arange(3, 20), "batch_size": 4, "seed": 5, **changes})


def epoch(number: int, **changes):
    """The batches of one epoch alone."""
    return batches(**changes).from_epoch(number).take(batches(**changes).steps)


def seen(dataset) -> list[list[float]]:
    return [x.numpy()[:, 0].tolist() for x, _ in dataset]


def test_an_epoch_shows_each_row_at_most_once_with_its_own_labels():
    steps = list(epoch(0))
    rows = np.concatenate([x.numpy()[:, 0] for x, _ in steps])
    assert len(steps) == batches().steps == 4
    assert len(set(rows)) == 16
    assert set(rows) <= set(range(3, 20))
    for x, y in steps:
        np.testing.assert_array_equal(y.numpy()[:, 0], x.numpy()[:, 0] % 2)


def test_every_epoch_has_an_order_of_its_own_that_the_seed_repeats():
    assert seen(epoch(0)) == seen(epoch(0))
    assert seen(epoch(0)) != seen(epoch(1))
    assert seen(epoch(0)) != seen(epoch(0, seed=6))


def test_behind_an_epoch_comes_the_next():
    assert seen(batches().from_epoch(1).take(8)) == seen(epoch(1)) + seen(epoch(2))


def test_an_epoch_can_be_resumed_at_any_step():
    assert seen(batches().from_epoch(2, first_step=3).take(1)) == seen(epoch(2))[3:]


def test_fewer_rows_than_a_batch_make_one_step():
    few = batches(rows=np.arange(3), batch_size=32)
    assert (few.steps, few.size) == (1, 3)


def test_rows_are_in_an_epoch_as_often_as_they_weigh():
    """Three rows of weight 1 and twenty of 0.25: eight an epoch, each at most once."""
    rows, weights = np.arange(23), np.array([1.0] * 3 + [0.25] * 20)
    x, y = np.arange(23, dtype=np.float32)[:, None], np.zeros((23, 1), np.uint8)
    weighted = Batches(x, y, rows, batch_size=4, seed=5, weights=weights)
    assert weighted.steps == 2
    epochs = [np.concatenate(seen(weighted.from_epoch(number).take(2))) for number in range(200)]
    assert all(len(set(epoch)) == 8 for epoch in epochs)
    counts = np.bincount(np.concatenate(epochs).astype(int), minlength=23) / 200
    np.testing.assert_allclose(counts[:3], 1.0)
    np.testing.assert_allclose(counts[3:], 0.25, atol=0.13)  # Four standard deviations of 200 epochs.
    assert seen(weighted.from_epoch(3, first_step=1).take(1)) == seen(weighted.from_epoch(3).take(2))[1:]


def test_devices_that_share_a_batch_read_their_own_part_of_it_changed_as_in_the_whole():
    x = np.random.default_rng(0).integers(0, 256, (40, 12, 8, 3), np.uint8)
    y = np.eye(40, dtype=np.int8)
    read = []

    class Watched:
        shape, dtype = x.shape, x.dtype

        def __getitem__(self, rows):
            read.append(tuple(sorted(rows.tolist())))
            return x[rows]

    options = {"x": x, "y": y, "rows": np.arange(40), "augmented": True, "window": 16, "shards": np.arange(40)}
    whole = batches(**options, batch_size=8, mixup=0.4)
    pixels, labels = (values.numpy() for values in next(iter(whole.from_epoch(1, 1))))
    watched = replace(whole, x=Watched())
    parts = [next(iter(watched.from_epoch(1, 1, range(device, device + 1), of=4))) for device in range(4)]
    # Two batches are read ahead: each device reads two rows of a step, and none reads what another does.
    assert all(len(rows) == 2 for rows in read)
    assert len({row for rows in read for row in rows}) == 2 * len(set(read))
    for part_x, part_y in parts:
        places = [labels.tolist().index(label) for label in part_y.numpy().tolist()]
        np.testing.assert_array_equal(part_x, pixels[places])
    together = np.concatenate([part_y for _, part_y in parts])
    assert sorted(together.tolist()) == sorted(labels.tolist())
    # One process with four devices takes the parts in turn.
    turns = whole.from_epoch(1, 1, range(4), of=4).take(4)
    np.testing.assert_array_equal(np.concatenate([part_y for _, part_y in turns]), together)


def test_in_order_leaves_nothing_out():
    rows = [7, 1, 2, 19, 4]
    assert np.concatenate([x.numpy()[:, 0] for x in in_order(X, rows, 2)]).tolist() == rows


@pytest.mark.parametrize("dataset", [epoch(0), in_order(X, [7, 1], 2)], ids=["an epoch", "in order"])
def test_the_end_of_the_batches_waits_for_no_tuning(dataset):
    # The thread that tunes a dataset sleeps for up to a minute, and the end would wait for it.
    assert dataset.options().autotune.enabled is False


@pytest.fixture
def posters() -> np.ndarray:
    """Dark above, light below."""
    ramp = np.linspace(0, 255, 48)[None, :, None, None]
    return np.broadcast_to(ramp, (16, 48, 32, 3)).astype(np.uint8)


def test_augmentation_repeats_with_its_seed_and_differs_between_posters(posters):
    once, again = augment(posters, [1, 2]).numpy(), augment(posters, [1, 2]).numpy()
    np.testing.assert_array_equal(once, again)
    assert (once.shape, once.dtype) == (posters.shape, np.uint8)
    assert (once[0] != once[1]).any()
    assert (augment(posters, [1, 3]).numpy() != once).any()


def test_augmentation_turns_nothing_upside_down(posters):
    for seed in range(8):
        changed = augment(posters, [seed, 0]).numpy().astype(float)
        assert (changed[:, 30:].mean(axis=(1, 2, 3)) > changed[:, :18].mean(axis=(1, 2, 3))).all()


def test_augmentation_is_mild(posters):
    changed = augment(posters, [0, 0]).numpy().astype(float)
    assert 3 < np.abs(changed - posters).mean() < 40


@pytest.fixture
def places() -> np.ndarray:
    """Each pixel tells its place: red from left to right, green from top to bottom, the same blue everywhere."""
    down, right = np.mgrid[0:1:60j, 0:1:40j]
    return np.broadcast_to(np.stack([right, down, 0 * down], axis=2) * 200, (64, 60, 40, 3)).astype(np.uint8)


def boxes_of(cropped: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Width, height and left edge of what is seen of each poster, as shares; a mirrored one has a negative width."""
    clear = cropped.astype(float)
    return clear[:, 30, -1, 0] - clear[:, 30, 0, 0], clear[:, -1, 20, 1] - clear[:, 0, 20, 1], clear[:, 30, 0, 0]


@pytest.mark.parametrize("smallest", [0.25, 0.6, 0.95])
def test_a_crop_is_a_box_within_the_poster_of_the_area_that_was_asked_for(places, smallest, monkeypatch):
    monkeypatch.setattr("posters.network.data._COLOUR", 0.0)
    areas, mirrored, stretches = [], [], []
    for seed in range(8):
        width, height, left = boxes_of(augment(places, [seed, 0], crop=smallest).numpy())
        right = left + width
        assert (np.minimum(left, right) >= -2).all()
        assert (np.maximum(left, right) <= 202).all()
        areas += list(np.abs(width) * height / 200**2)
        mirrored += list(width < 0)
        stretches += list(np.abs(width) / height)
    # A side that would leave the poster is cut: near the whole area, boxes are a little smaller than asked for.
    assert smallest * 0.86 - 0.02 < min(areas) < smallest + 0.1
    assert 0.9 < max(areas) <= 1.02
    assert 0.4 < np.mean(mirrored) < 0.6
    assert 0.72 < min(stretches) < max(stretches) < 1.39


def test_crops_repeat_with_their_seed(posters):
    once, again, other = (augment(posters, seed, crop=0.5).numpy() for seed in ([1, 2], [1, 2], [1, 3]))
    np.testing.assert_array_equal(once, again)
    assert (once != other).any()


def test_batches_are_cropped_as_they_say(places):
    shown = {"x": places, "y": np.ones((64, 1), np.uint8), "rows": np.arange(64), "batch_size": 64, "augmented": True}
    mild, cropped = (next(iter(epoch(0, **shown, crop=crop)))[0].numpy() for crop in (1.0, 0.1))
    assert np.abs(boxes_of(cropped)[0]).mean() < 0.9 * np.abs(boxes_of(mild)[0]).mean()


@pytest.fixture
def plain() -> tuple[np.ndarray, np.ndarray]:
    """Four posters of one value each, and one genre each: what is blended can be read off both."""
    values = np.array([0, 80, 160, 240])
    return np.broadcast_to(values[:, None, None, None], (4, 8, 6, 3)).astype(np.uint8), np.eye(4, dtype=np.float32)


@pytest.mark.parametrize("alpha", [0.1, 0.4, 5.0])
def test_mixup_blends_pixels_and_genres_by_the_same_share(plain, alpha):
    x, y = plain
    for seed in range(20):
        mixed, labels = (values.numpy() for values in mixup(x, y, [seed, 0], alpha))
        own, other = labels[range(4), range(4)], labels[range(4), [3, 2, 1, 0]]
        np.testing.assert_allclose(own + other, 1, atol=1e-6)
        np.testing.assert_allclose(labels.sum(axis=1), 1, atol=1e-6)
        assert (own >= 0.5).all()
        expected = own * x[:, 0, 0, 0] + other * x[::-1, 0, 0, 0]
        np.testing.assert_allclose(mixed, np.broadcast_to(expected[:, None, None, None], mixed.shape), atol=0.51)


def test_mixup_repeats_with_its_seed_alone(plain):
    once, again, other = (mixup(plain[0], plain[1], seed, 0.4)[1].numpy() for seed in ([1, 2], [1, 2], [1, 3]))
    np.testing.assert_array_equal(once, again)
    assert (once != other).any()


def test_the_larger_alpha_the_more_even_the_blends(plain):
    def mean_share(alpha):
        return np.mean(
            [mixup(plain[0], plain[1], [seed, 0], alpha)[1].numpy().max(axis=1).mean() for seed in range(200)]
        )

    # Of l ~ Beta(a, a), the mean of max(l, 1 - l) is 0.75 for a = 1, and falls to 0.5 as a grows.
    assert mean_share(1.0) == pytest.approx(0.75, abs=0.02)
    assert mean_share(0.2) > 0.8 > 0.6 > mean_share(10.0)


def test_an_epoch_blends_its_posters(plain):
    x, y = plain
    told = {"x": x, "y": y, "rows": np.arange(4)}
    assert {value for _, labels in epoch(0, **told) for value in labels.numpy().ravel()} == {0.0, 1.0}
    blended = [labels.numpy() for _, labels in epoch(0, **told, mixup=0.4)]
    again = [labels.numpy() for _, labels in epoch(0, **told, mixup=0.4)]
    assert ((blended[0] > 0) & (blended[0] < 1)).any()
    np.testing.assert_array_equal(blended, again)


def test_what_is_unknown_for_one_poster_is_unknown_for_its_blend(plain):
    x, y = plain
    partly = y.copy()
    partly[0, 1] = partly[2, 2] = -1
    blended, known = mixup(x, partly, [1, 2], 0.4)[1].numpy(), mixup(x, y, [1, 2], 0.4)[1].numpy()
    # The first poster is blended with the last, the second with the third.
    unknown = [(0, 1), (3, 1), (1, 2), (2, 2)]
    assert sorted(zip(*np.nonzero(blended == -1), strict=True)) == sorted(unknown)
    blended[tuple(zip(*unknown, strict=True))] = known[tuple(zip(*unknown, strict=True))]
    np.testing.assert_array_equal(blended, known)
