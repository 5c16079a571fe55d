"""RandAugment, held against torchvision's own."""

from __future__ import annotations

import pytest
import torch
from torchvision.transforms.v2 import InterpolationMode, RandAugment

from datasets.augmentation import randaugment
from datasets.augmentation.randaugment import OPERATIONS

THEIRS = {
    "identity": "Identity",
    "shear_x": "ShearX",
    "shear_y": "ShearY",
    "translate_x": "TranslateX",
    "translate_y": "TranslateY",
    "rotate": "Rotate",
    "brightness": "Brightness",
    "color": "Color",
    "contrast": "Contrast",
    "sharpness": "Sharpness",
    "posterize": "Posterize",
    "solarize": "Solarize",
    "autocontrast": "AutoContrast",
    "equalize": "Equalize",
}


def images() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    coarse = torch.randint(40, 220, (6, 3, 6, 8), generator=generator, dtype=torch.uint8)
    return coarse.repeat_interleave(4, 2).repeat_interleave(4, 3)


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("negative", [False, True])
def test_every_operation_is_torchvisions_at_the_same_strength(name: str, negative: bool) -> None:
    drawn = torch.full((6, 1), OPERATIONS.index(name) + len(OPERATIONS) * negative)
    ours, _ = randaugment.apply_operations(images(), None, drawn, strength=9, fill=0)
    signed = (
        THEIRS[name] in RandAugment._AUGMENTATION_SPACE and RandAugment._AUGMENTATION_SPACE[THEIRS[name]][1]
    )
    magnitudes, _ = RandAugment._AUGMENTATION_SPACE[THEIRS[name]]
    found = magnitudes(31, 24, 32)
    magnitude = 0.0 if found is None else float(found[9]) * (-1 if negative and signed else 1)
    theirs = RandAugment()._apply_image_or_video_transform(
        images(), THEIRS[name], magnitude, interpolation=InterpolationMode.BILINEAR, fill={torch.Tensor: 0}
    )
    assert (ours.int() - theirs.int()).abs().max() <= 1  # theirs rounds the strength to float32
    assert name == "identity" or not torch.equal(ours, images())


def test_masks_follow_moves_and_nothing_else() -> None:
    masks = (images()[:, 0] > 128).to(torch.uint8)
    for name in OPERATIONS:
        drawn = torch.full((6, 1), OPERATIONS.index(name))
        _, moved = randaugment.apply_operations(images(), masks, drawn, strength=30, fill=255)
        assert moved is not None
        assert torch.equal(moved, masks) == (name not in randaugment.GEOMETRIC)
        assert (moved == 255).any() == (name in randaugment.GEOMETRIC)
        assert set(torch.unique(moved).tolist()) <= {0, 1, 255}


def test_the_batch_is_left_alone_and_its_size_moves_no_bit() -> None:
    batch = images()
    drawn = randaugment.draw_operations(6, 2, torch.Generator().manual_seed(1))
    whole, _ = randaugment.apply_operations(batch, None, drawn, strength=9, fill=0)
    one_by_one = [
        randaugment.apply_operations(batch[i : i + 1], None, drawn[i : i + 1], strength=9, fill=0)[0]
        for i in range(6)
    ]
    assert torch.equal(torch.cat(one_by_one), whole)
    assert torch.equal(batch, images())


def test_every_operation_is_drawn_with_both_signs() -> None:
    drawn = randaugment.draw_operations(5000, 2, torch.Generator().manual_seed(1))
    assert drawn.shape == (5000, 2)
    assert sorted(set(drawn.flatten().tolist())) == list(range(2 * len(OPERATIONS)))
