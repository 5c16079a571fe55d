"""mixup (Zhang et al., arXiv:1710.09412), CutMix (Yun et al., arXiv:1905.04899), Cutout (DeVries, arXiv:1708.04552).

The partner of a sample is the one before it in the batch, of the first the last. Letters: N samples, B a batch.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F


class Mix(NamedTuple):
    """(N,4): a sample's own weight; its box's centre (down, right), 0 to 1; 1 where the box is pasted, 0 for mixup."""

    mixup: float | None
    cutmix: float | None

    def draw(self, count: int, random: np.random.Generator) -> Tensor:
        """Weights from Beta(a, a); where both are asked for, each sample draws one of the two."""
        blended = random.beta(self.mixup or 1.0, self.mixup or 1.0, count)
        pasted = random.beta(self.cutmix or 1.0, self.cutmix or 1.0, count)
        centres, coin = random.random((2, count)), random.random(count) < 0.5
        paste = coin if self.mixup and self.cutmix else np.full(count, bool(self.cutmix))
        return torch.from_numpy(
            np.stack([np.where(paste, pasted, blended), *centres, paste], 1).astype(np.float32)
        )


def apply(images: Tensor, targets: Tensor, drawn: Tensor, *, classes: int) -> tuple[Tensor, Tensor]:
    """float (B,C,H,W), int64 (B,) or masks (B,H,W), draws (B,4) -> images, class weights (B,classes) or masks."""
    weight, down, right, paste = drawn.unbind(1)
    side = torch.where(paste > 0, (1 - weight).sqrt(), 0.0)
    box = inside(images, down, right, side * images.shape[2], side * images.shape[3])
    other = images.roll(1, 0)
    share = torch.where(paste > 0, 1.0, weight)[:, None, None, None]
    mixed = torch.where(box[:, None], other, images * share + other * (1 - share))
    if targets.ndim == 3:
        return mixed, torch.where(box, targets.roll(1, 0), targets)
    own = torch.where(paste > 0, 1 - box.float().mean((1, 2)), weight)[:, None]
    labels = F.one_hot(targets, classes).float()
    return mixed, labels * own + labels.roll(1, 0) * (1 - own)


def cut_out(
    images: Tensor, targets: Tensor, centres: Tensor, *, side: int, ignore: int | None
) -> tuple[Tensor, Tensor]:
    """Squares of `side` pixels set to 0, the mean; in masks to the ignored value where there is one."""
    down, right = centres.unbind(1)
    length = torch.full_like(down, side)
    hole = inside(images, down, right, length, length)
    if targets.ndim == 3 and ignore is not None:
        targets = targets.masked_fill(hole, ignore)
    return images.masked_fill(hole[:, None], 0.0), targets


def inside(images: Tensor, down: Tensor, right: Tensor, height: Tensor, width: Tensor) -> Tensor:
    """(B,H,W), true within `height` x `width` pixels around the centres, as far as they are in the image."""
    rows = _between(images.shape[2], down, height)
    columns = _between(images.shape[3], right, width)
    return rows[:, :, None] & columns[:, None, :]


def _between(length: int, centre: Tensor, extent: Tensor) -> Tensor:
    first = (centre * length - extent / 2).round()
    place = torch.arange(length, device=centre.device)
    return (place >= first[:, None]) & (place < (first + extent.round())[:, None])
