"""Order and augmentation as functions of seed, epoch and sample."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import pytest
import torch

from datasets.augmentation.pipeline import Augmentation, Draws, epoch_order

FULL = Augmentation(shift=3, flip=True, contrast=0.2, brightness=0.1, mean=(0.3,), std=(0.2,))


def samples(count: int = 96, channels: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (count, channels, 20, 24), generator=generator, dtype=torch.uint8)
    return images, images[:, 0].clone()


def draws(down: int = 0, right: int = 0, flipped: bool = False, gain: float = 1, offset: float = 0) -> Draws:
    numbers = (down, right, flipped, gain, offset)
    return Draws(*(torch.tensor([number]) for number in numbers))


def test_the_order_is_a_permutation_that_seed_and_epoch_alone_decide() -> None:
    first = epoch_order(1000, seed=3, epoch=5)
    torch.rand(7)  # whatever the global generator did in between
    assert torch.equal(first, epoch_order(1000, seed=3, epoch=5))
    assert torch.equal(first.sort().values, torch.arange(1000))
    assert not torch.equal(first, epoch_order(1000, seed=3, epoch=6))
    assert not torch.equal(first, epoch_order(1000, seed=4, epoch=5))


def test_the_bits_of_an_epoch_are_pinned() -> None:
    images, masks = samples()
    moved, targets = FULL.apply(images, masks, FULL.draw(96, seed=1, epoch=2))
    both = (
        epoch_order(96, seed=1, epoch=2).numpy().tobytes()
        + moved.numpy().tobytes()
        + targets.numpy().tobytes()
    )
    assert hashlib.sha256(both).hexdigest()[:16] == "7e6450ebbb4095bd"


@pytest.mark.parametrize("size", [1, 7, 32])
def test_the_batch_size_moves_no_bit(size: int) -> None:
    images, masks = samples()
    drawn = FULL.draw(96, seed=1, epoch=2)
    whole = FULL.apply(images, masks, drawn)
    batches = [slice(start, start + size) for start in range(0, 96, size)]
    parts = [FULL.apply(images[i], masks[i], drawn[i]) for i in batches]
    assert all(
        torch.equal(torch.cat(part), all_) for part, all_ in zip(zip(*parts, strict=True), whole, strict=True)
    )


def test_draws_differ_by_sample_seed_and_epoch() -> None:
    drawn, other, later = (FULL.draw(500, seed=s, epoch=e) for s, e in ((0, 0), (1, 0), (0, 1)))
    assert sorted(set(drawn.down.tolist())) == [-3, -2, -1, 0, 1, 2, 3]
    assert 0.4 < drawn.flipped.float().mean() < 0.6
    assert 0.8 <= float(drawn.gain.min()) < 0.85 < 1.15 < float(drawn.gain.max()) <= 1.2
    assert not torch.equal(drawn.gain, other.gain)
    assert not torch.equal(drawn.gain, later.gain)


def test_switching_one_augmentation_leaves_the_draws_of_the_others() -> None:
    still = Augmentation(contrast=0.2).draw(50, seed=0, epoch=0)
    moving = Augmentation(contrast=0.2, flip=True, brightness=0.3).draw(50, seed=0, epoch=0)
    assert torch.equal(still.gain, moving.gain)
    assert not still.flipped.any()


def test_a_shift_moves_the_picture_down_and_right_and_reflects_the_border() -> None:
    image = torch.arange(20, dtype=torch.uint8).view(1, 1, 4, 5)
    moved, _ = Augmentation(shift=2).apply(image, torch.zeros(1), draws(down=1, right=2))
    expected = image[0, 0][torch.tensor([1, 0, 1, 2])][:, torch.tensor([2, 1, 0, 1, 2])]
    assert torch.allclose(moved[0, 0] * 255, expected.float())


def test_mirroring_swaps_left_and_right() -> None:
    image = torch.arange(20, dtype=torch.uint8).view(1, 1, 4, 5)
    moved, _ = Augmentation(flip=True).apply(image, torch.zeros(1), draws(flipped=True))
    assert torch.allclose(moved * 255, image.flip(-1).float())


def test_masks_follow_their_images_pixel_by_pixel() -> None:
    images, masks = samples(channels=3)
    augmentation = Augmentation(shift=5, flip=True)
    moved, targets = augmentation.apply(images, masks, augmentation.draw(96, seed=0, epoch=0))
    assert targets.dtype == torch.uint8
    assert torch.equal((moved[:, 0] * 255).round().to(torch.uint8), targets)
    assert not torch.equal(targets, masks)


def test_labels_pass_through() -> None:
    labels = torch.arange(96)
    _, targets = FULL.apply(samples()[0], labels, FULL.draw(96, seed=0, epoch=0))
    assert targets is labels


def test_contrast_and_brightness_act_around_mid_grey_before_the_scaling() -> None:
    image = torch.tensor([0, 51, 255], dtype=torch.uint8).view(1, 1, 1, 3)
    augmentation = Augmentation(contrast=0.5, brightness=0.2, mean=(0.1,), std=(0.5,))
    moved, _ = augmentation.apply(image, torch.zeros(1), draws(gain=0.5, offset=0.1))
    grey = (torch.tensor([0.0, 0.2, 1.0]) - 0.5) * 0.5 + 0.5 + 0.1
    assert torch.allclose(moved.flatten(), (grey - 0.1) / 0.5)


def test_without_augmentation_training_and_evaluation_see_the_same() -> None:
    images, masks = samples(channels=3)
    augmentation = Augmentation(mean=(0.1, 0.2, 0.3), std=(0.5, 1.0, 2.0))
    augmented, _ = augmentation.apply(images, masks, augmentation.draw(96, seed=0, epoch=0))
    assert torch.allclose(augmented, augmentation.normalize(images), atol=1e-6)
    by_hand = (images.float() / 255 - torch.tensor([0.1, 0.2, 0.3])[:, None, None]) / torch.tensor(
        [0.5, 1, 2]
    )[:, None, None]
    assert torch.allclose(augmented, by_hand, atol=1e-6)


@pytest.mark.parametrize("wrong", [{"shift": -1}, {"contrast": 1.0}, {"brightness": -0.1}])
def test_impossible_strengths_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="augmentation: shift must be >= 0"):
        Augmentation(**wrong)


def test_a_batch_of_scenes_is_augmented_in_a_few_milliseconds() -> None:
    images = torch.zeros(64, 1, 48, 48, dtype=torch.uint8)
    augmentation = Augmentation(shift=3, contrast=0.2, brightness=0.1)
    drawn = augmentation.draw(64, seed=0, epoch=0)
    augmentation.apply(images, torch.zeros(64), drawn)
    start = time.process_time()
    for _ in range(20):
        augmentation.apply(images, torch.zeros(64), drawn)
    assert (time.process_time() - start) / 20 < 0.02
