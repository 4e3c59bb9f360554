from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from corelate.data.preprocessing import Preprocessing
from corelate.data.spec import load_annotations
from corelate.data.targets import TargetMatrix
from corelate.training.batches import FeatureBatches, Order, PictureBatches, Share, evaluation_pixels
from corelate.training.recipe import AugmentationOptions
from corelate.training.transforms import TrainingTransform

PREPROCESSING = Preprocessing(24, 24, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))


def rows_of(order: Order, epoch: int = 0, start: int = 0) -> list[list[int]]:
    return [batch.tolist() for batch in order.batches(epoch, start)]


def test_an_epoch_holds_every_picture_once():
    batches = rows_of(Order(10, 4, seed=1))
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert sorted(row for batch in batches for row in batch) == list(range(10))
    assert batches != rows_of(Order(10, 4, seed=1), epoch=1)


def test_a_last_batch_of_one_is_left_out():
    assert [len(batch) for batch in rows_of(Order(9, 4, seed=1))] == [4, 4]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_only_batch_is_never_left_out(count: int):
    assert [len(batch) for batch in rows_of(Order(count, 4, seed=1))] == [count]


def test_an_epoch_can_begin_in_the_middle():
    order = Order(11, 3, seed=5)
    assert rows_of(order, 2, start=2) == rows_of(order, 2)[2:]


@pytest.mark.parametrize("processes", [2, 3])
def test_processes_share_each_batch(processes: int):
    whole = rows_of(Order(20, 6, seed=1))
    shares = [rows_of(Order(20, 6, 1, Share(rank, processes))) for rank in range(processes)]
    assert len({len(share) for share in shares}) == 1, "all make the same number of steps"
    for step in range(len(shares[0])):
        together = sorted(row for share in shares for row in share[step])
        assert len({len(share[step]) for share in shares}) == 1
        assert together == sorted(whole[step][: len(together)])
        assert len(whole[step]) - len(together) < processes


def test_no_process_is_left_without_a_picture():
    assert all(len(rows_of(Order(2, 8, 1, Share(rank, 4)))[0]) == 1 for rank in range(4))


def test_feature_batches_give_rows_and_their_targets():
    features = torch.arange(20.0).reshape(10, 2, 1, 1).half()
    own = np.array([9, 2, 4, 0, 7, 5])
    targets = TargetMatrix.from_dense(np.eye(6, 3, dtype=np.int8) - 2 * np.eye(6, 3, k=1, dtype=np.int8) // 2)
    order = Order(6, 4, seed=2)
    batches = FeatureBatches(features, own, targets, order)
    for numbers, (inputs, wanted) in zip(order.batches(1), batches.epoch(1), strict=True):
        assert torch.equal(inputs, features[torch.from_numpy(own[numbers])].float())
        assert inputs.dtype == wanted.dtype == torch.float32
        assert np.array_equal(wanted.numpy(), targets.dense(numbers))


def test_feature_batches_give_places_where_they_are_wanted():
    features, own = torch.zeros(4, 2, 1, 1), np.array([3, 0, 2])
    targets = TargetMatrix.from_rows([[2, 0], [1], []], 3, [[], [0], [2]])
    order = Order(3, 3, seed=1)
    batches = FeatureBatches(features, own, targets, order, places=True)
    for numbers, (_, wanted) in zip(order.batches(0), batches.epoch(0), strict=True):
        assert torch.equal(wanted, torch.tensor([[2.0, 0, 1], [-1, 1, 0], [0, 0, -1]])[torch.from_numpy(numbers)])


@pytest.mark.parametrize("workers", [0, 2])
def test_picture_batches_give_places_where_they_are_wanted(workers: int):
    annotations = load_annotations("scenes:6?size=24")
    lists = [annotations.targets.present(row)[::-1].tolist() for row in range(6)]
    backwards = replace(annotations, targets=TargetMatrix.from_rows(lists, len(annotations.vocabulary)))
    transform = TrainingTransform(PREPROCESSING, AugmentationOptions())
    order = Order(6, 3, seed=1)
    batches = PictureBatches(backwards, transform, order, workers=workers, places=True)
    for numbers, (_, wanted) in zip(order.batches(0), batches.epoch(0), strict=True):
        assert wanted.dtype == torch.float32
        assert np.array_equal(wanted.numpy(), backwards.targets.dense_places(numbers))
    assert wanted.max() > 1


def picture_batches(workers: int) -> PictureBatches:
    annotations = load_annotations("scenes:10?size=24")
    transform = TrainingTransform(PREPROCESSING, AugmentationOptions(vertical_flip=0.5, crop_scale=0.5, erasing=0.5))
    return PictureBatches(annotations, transform, Order(10, 4, seed=1), workers=workers)


def test_reader_processes_change_nothing():
    alone, helped = picture_batches(0), picture_batches(2)
    for epoch in (0, 1):
        for one, other in zip(alone.epoch(epoch), helped.epoch(epoch), strict=True):
            assert torch.equal(one[0], other[0])
            assert torch.equal(one[1], other[1])


def test_augmentation_depends_on_the_epoch_and_not_on_where_it_began():
    batches = picture_batches(0)
    first = list(batches.epoch(3))
    assert torch.equal(first[1][0], next(batches.epoch(3, start=1))[0])
    assert not torch.equal(first[0][0], next(batches.epoch(4))[0])


def test_evaluation_sees_pictures_as_a_tagger_does():
    annotations = load_annotations("scenes:3?size=40")
    (pixels,) = evaluation_pixels(annotations, PREPROCESSING, [2, 0])
    from corelate.data.images import read_image

    assert np.array_equal(pixels[0].numpy(), PREPROCESSING(read_image(annotations.pictures[2])))
    assert pixels.shape == (2, 3, 24, 24)
