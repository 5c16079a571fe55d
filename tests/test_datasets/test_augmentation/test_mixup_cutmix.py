"""mixup, CutMix and Cutout."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from datasets.augmentation import mixup_cutmix
from datasets.augmentation.mixup_cutmix import MixupCutmix
from datasets.augmentation.pipeline import Augmentation

LABELS = torch.tensor([0, 1, 2, 2])


def images() -> torch.Tensor:
    return torch.arange(4.0).view(4, 1, 1, 1).expand(4, 3, 8, 10).clone()


def draws(weight: float, down: float = 0.5, right: float = 0.5, paste: float = 1.0) -> torch.Tensor:
    return torch.tensor([[weight, down, right, paste]]).expand(4, -1)


def test_mixup_blends_a_sample_with_the_one_before_it_and_so_its_label() -> None:
    mixed, labels = mixup_cutmix.mix_batch(images(), LABELS, draws(0.75, paste=0.0), classes=3)
    assert mixed[:, 0, 0, 0].tolist() == [0.75, 0.75, 1.75, 2.75]
    assert labels.tolist() == [[0.75, 0, 0.25], [0.25, 0.75, 0], [0, 0.25, 0.75], [0, 0, 1]]


def test_cutmix_pastes_a_box_and_weighs_labels_by_the_pixels_that_are_left() -> None:
    mixed, labels = mixup_cutmix.mix_batch(images(), LABELS, draws(0.75), classes=3)
    assert mixed[1, 0].tolist() == [
        [0.0 if 2 <= r < 6 and 2 <= c < 7 else 1.0 for c in range(10)] for r in range(8)
    ]
    assert labels[1].tolist() == pytest.approx([20 / 80, 60 / 80, 0])


def test_a_box_at_the_border_is_cut_and_weighs_less() -> None:
    _, labels = mixup_cutmix.mix_batch(images(), LABELS, draws(0.75, down=0.0, right=0.0), classes=3)
    assert labels[1].tolist() == pytest.approx([2 * 3 / 80, 74 / 80, 0])


def test_cutmix_takes_the_masks_along() -> None:
    masks = images()[:, 0].to(torch.uint8)
    mixed, pasted = mixup_cutmix.mix_batch(images(), masks, draws(0.5), classes=4)
    assert pasted.dtype == torch.uint8
    assert torch.equal(mixed[:, 0].to(torch.uint8), pasted)
    assert not torch.equal(pasted, masks)


@pytest.mark.parametrize(("ignore", "truth"), [(255, 255), (None, 3)])
def test_cutout_sets_a_square_to_the_mean_and_its_truth_to_the_ignored_value(
    ignore: int | None, truth: int
) -> None:
    masks = torch.full((4, 8, 10), 3, dtype=torch.uint8)
    centres = torch.full((4, 2), 0.5)
    cut, left = mixup_cutmix.apply_cutout(images() + 1, masks, centres, side=4, ignore=ignore)
    hole = cut[:, 0] == 0
    assert hole.flatten(1).sum(1).tolist() == [16] * 4
    assert torch.unique(left[hole]).tolist() == [truth]
    assert torch.unique(left[~hole]).tolist() == [3]


def test_weights_follow_their_beta_distribution_and_the_coin_is_fair() -> None:
    drawn = MixupCutmix(mixup=0.2, cutmix=1.0).draw(20000, np.random.default_rng(0))
    blended, pasted = drawn[drawn[:, 3] == 0, 0], drawn[drawn[:, 3] == 1, 0]
    assert 0.48 < len(pasted) / 20000 < 0.52
    assert abs(float(blended.var()) - 0.25 / 1.4) < 0.005
    assert abs(float(pasted.var()) - 1 / 12) < 0.005
    assert MixupCutmix(mixup=None, cutmix=1.0).draw(100, np.random.default_rng(0))[:, 3].tolist() == [1] * 100
    assert MixupCutmix(mixup=1.0, cutmix=None).draw(100, np.random.default_rng(0))[:, 3].tolist() == [0] * 100


def test_everything_together_depends_on_seed_and_epoch_alone() -> None:
    batch = torch.randint(256, (4, 3, 16, 16), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    every = Augmentation(
        shift=2,
        flip=True,
        crop=0.3,
        randaugment=9,
        mixup=0.2,
        cutmix=1.0,
        cutout=4,
        classes=3,
        mean=(0.5,) * 3,
        std=(0.2,) * 3,
    )
    first = every.apply(batch, LABELS, every.draw(4, seed=1, epoch=2))
    torch.rand(5)
    again = every.apply(batch, LABELS, every.draw(4, seed=1, epoch=2))
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
    assert first[1].sum(1).tolist() == pytest.approx([1.0] * 4)
    other = every.apply(batch, LABELS, every.draw(4, seed=1, epoch=3))
    assert not torch.equal(first[0], other[0])


def test_what_is_not_asked_for_is_not_drawn_and_moves_no_other_draw() -> None:
    plain = Augmentation(shift=2, flip=True, contrast=0.2).draw(50, seed=0, epoch=0)
    every = Augmentation(shift=2, flip=True, contrast=0.2, crop=0.3, randaugment=9, mixup=1.0, cutout=4)
    drawn = every.draw(50, seed=0, epoch=0)
    assert plain.crop_boxes is plain.operations is plain.mixes is plain.holes is None
    assert torch.equal(plain.down, drawn.down)
    assert torch.equal(plain.gain, drawn.gain)
