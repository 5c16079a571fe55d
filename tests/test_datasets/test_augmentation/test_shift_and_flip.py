"""Shifts, flips and scaling: both ways give the same bits."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from datasets.augmentation import shift_and_flip
from datasets.augmentation.pipeline import Augmentation


def images(height: int, width: int) -> torch.Tensor:
    return torch.randint(
        256, (24, 3, height, width), generator=torch.Generator().manual_seed(0), dtype=torch.uint8
    )


@pytest.mark.parametrize(("shift", "flip"), [(0, True), (3, False), (3, True), (9, True)])
def test_copying_rows_and_looking_up_pixels_give_the_same_bits(shift: int, flip: bool) -> None:
    batch = images(20, 24)
    drawn = Augmentation(shift=shift, flip=flip).draw(24, seed=0, epoch=0)
    assert torch.equal(shift_and_flip.move_by_copy(batch, drawn), shift_and_flip.move_by_gather(batch, drawn))


def test_large_images_are_copied_and_scaled_as_small_ones_are(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = images(110, 100)
    assert batch[0].numel() > shift_and_flip.LARGE_IMAGE
    augmentation = Augmentation(
        shift=5, flip=True, contrast=0.2, brightness=0.1, mean=(0.4,) * 3, std=(0.3,) * 3
    )
    drawn = augmentation.draw(24, seed=0, epoch=0)
    one_by_one, masks = augmentation.apply(batch, batch[:, 0], drawn)
    monkeypatch.setattr(shift_and_flip, "LARGE_IMAGE", 10**9)
    at_once, same = augmentation.apply(batch, batch[:, 0], drawn)
    assert torch.equal(one_by_one, at_once)
    assert torch.equal(masks, same)


def test_a_move_by_half_the_side_and_more_is_move_by_gather(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = images(20, 24)
    drawn = Augmentation(shift=19, flip=True).draw(24, seed=0, epoch=0)
    monkeypatch.setattr(shift_and_flip, "LARGE_IMAGE", 0)
    assert torch.equal(
        shift_and_flip.shift_and_flip(batch, drawn, 19), shift_and_flip.move_by_gather(batch, drawn)
    )


def test_a_batch_is_flipped_first_and_shifted_as_numpy_reflects_it() -> None:
    batch = images(20, 24)
    drawn = Augmentation(shift=6, flip=True).draw(24, seed=1, epoch=0)
    moved = shift_and_flip.shift_and_flip(batch, drawn, 6)
    for image, result, down, right, flipped in zip(
        batch.numpy(), moved.numpy(), drawn.down, drawn.right, drawn.flipped, strict=True
    ):
        source = image[:, :, ::-1] if flipped else image
        padded = np.pad(source, ((0, 0), (6, 6), (6, 6)), mode="reflect")
        top, left = 6 - int(down), 6 - int(right)
        assert np.array_equal(result, padded[:, top : top + 20, left : left + 24])


@pytest.mark.parametrize("large", [0, 10**9])
def test_scaling_multiplies_and_adds_for_each_image(large: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shift_and_flip, "LARGE_IMAGE", large)
    gain, offset = torch.rand(2, 24, 3, 1, 1)
    scaled = shift_and_flip.scale(images(4, 5), gain, offset)
    assert torch.equal(scaled, images(4, 5).float() * gain + offset)
