"""mixup, CutMix and Cutout of a whole batch.

mixup: Zhang et al., arXiv:1710.09412. CutMix: Yun et al., arXiv:1905.04899. Cutout: DeVries and Taylor,
arXiv:1708.04552. Each sample is mixed with the one before it in the batch, the first with the last.
Letters: N samples, B a batch.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F


class MixupCutmix(NamedTuple):
    """The parameter a of the Beta(a, a) distribution of each method; None leaves the method out."""

    mixup: float | None
    cutmix: float | None

    def draw(self, count: int, random: np.random.Generator) -> Tensor:
        """Draw the mixing of `count` samples; with both methods on, each sample gets one of them.

        Returns (N,4) float32: the weight of the sample itself, the box's center (down, right) as parts of the
        image's sides, and 1 for CutMix or 0 for mixup.
        """
        mixup_weights = random.beta(self.mixup or 1.0, self.mixup or 1.0, count)
        cutmix_weights = random.beta(self.cutmix or 1.0, self.cutmix or 1.0, count)
        centers, coin = random.random((2, count)), random.random(count) < 0.5
        is_cutmix = coin if self.mixup and self.cutmix else np.full(count, bool(self.cutmix))
        weights = np.where(is_cutmix, cutmix_weights, mixup_weights)
        return torch.from_numpy(np.stack([weights, *centers, is_cutmix], 1).astype(np.float32))


def mix_batch(images: Tensor, targets: Tensor, mixes: Tensor, *, classes: int) -> tuple[Tensor, Tensor]:
    """Mix each sample with the one before it, and its target likewise.

    images float (B,C,H,W); targets int64 labels (B,) or masks (B,H,W); mixes (B,4) as `MixupCutmix.draw` returns.
    Labels become class weights (B,classes); masks stay masks, which only CutMix changes.
    """
    weight, down, right, is_cutmix = mixes.unbind(1)
    side = torch.where(is_cutmix > 0, (1 - weight).sqrt(), 0.0)
    box = box_masks(images, down, right, side * images.shape[2], side * images.shape[3])
    other = images.roll(1, 0)
    share = torch.where(is_cutmix > 0, 1.0, weight)[:, None, None, None]
    mixed = torch.where(box[:, None], other, images * share + other * (1 - share))
    if targets.ndim == 3:
        return mixed, torch.where(box, targets.roll(1, 0), targets)
    own = torch.where(is_cutmix > 0, 1 - box.float().mean((1, 2)), weight)[:, None]
    labels = F.one_hot(targets, classes).float()
    return mixed, labels * own + labels.roll(1, 0) * (1 - own)


def apply_cutout(
    images: Tensor, targets: Tensor, centers: Tensor, *, side: int, ignore: int | None
) -> tuple[Tensor, Tensor]:
    """Set a square of `side` pixels to 0, the mean of normalized images; in masks to `ignore` if there is one.

    images float (B,C,H,W); targets (B,) or (B,H,W); centers (B,2), down and right as parts of the sides.
    """
    down, right = centers.unbind(1)
    length = torch.full_like(down, side)
    hole = box_masks(images, down, right, length, length)
    if targets.ndim == 3 and ignore is not None:
        targets = targets.masked_fill(hole, ignore)
    return images.masked_fill(hole[:, None], 0.0), targets


def box_masks(images: Tensor, down: Tensor, right: Tensor, height: Tensor, width: Tensor) -> Tensor:
    """Return (B,H,W), true inside each sample's box; centers are parts of the sides, sizes are pixels.

    What lies outside the image is cut off.
    """
    rows = _is_within(images.shape[2], down, height)
    columns = _is_within(images.shape[3], right, width)
    return rows[:, :, None] & columns[:, None, :]


def _is_within(length: int, center: Tensor, extent: Tensor) -> Tensor:
    first = (center * length - extent / 2).round()
    pixel = torch.arange(length, device=center.device)
    return (pixel >= first[:, None]) & (pixel < (first + extent.round())[:, None])
