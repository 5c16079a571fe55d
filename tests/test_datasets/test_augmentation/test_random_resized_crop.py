"""Random resized crops."""

from __future__ import annotations

import torch

from datasets.augmentation import random_resized_crop


def boxes(area: float = 0.25, count: int = 2000) -> torch.Tensor:
    return random_resized_crop.draw_boxes(count, area, torch.Generator().manual_seed(0))


def test_boxes_lie_inside_and_have_the_area_and_proportions_that_were_asked_for() -> None:
    top, left, height, width = boxes().unbind(1)
    assert torch.stack([top, left, top + height, left + width]).aminmax().min >= 0
    assert torch.stack([top + height, left + width]).max() <= 1 + 1e-6
    whole = (height < 1) & (width < 1)
    assert 0.25 <= float((height * width)[whole].min()) < 0.27
    assert (
        0.74 < float((width / height)[whole].min()) < 0.77 < 1.3 < float((width / height)[whole].max()) < 1.34
    )


def test_the_whole_image_is_left_as_it_is() -> None:
    images = torch.randint(256, (3, 2, 7, 9), dtype=torch.uint8)
    everything = torch.tensor([[0.0, 0.0, 1.0, 1.0]]).expand(3, -1)
    assert torch.equal(random_resized_crop.crop_images(images, everything), images)
    assert torch.equal(random_resized_crop.crop_masks(images[:, 0], everything), images[:, 0])


def test_a_quarter_is_shown_at_twice_its_size() -> None:
    mask = torch.arange(16, dtype=torch.uint8).view(1, 4, 4)
    lower_right = torch.tensor([[0.5, 0.5, 0.5, 0.5]])
    assert random_resized_crop.crop_masks(mask, lower_right)[0].tolist() == [
        [10, 10, 11, 11],
        [10, 10, 11, 11],
        [14, 14, 15, 15],
        [14, 14, 15, 15],
    ]


def test_masks_follow_their_images() -> None:
    squares = torch.zeros(64, 1, 32, 32, dtype=torch.uint8)
    squares[:, :, 8:24, 12:28] = 200
    drawn = boxes(count=64)
    cropped = random_resized_crop.crop_images(squares, drawn)[:, 0] > 100
    assert (cropped == (random_resized_crop.crop_masks(squares[:, 0], drawn) > 0)).float().mean() > 0.97
    assert not torch.equal(cropped, squares[:, 0] > 0)
