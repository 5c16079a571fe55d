"""Random resized crops (Szegedy et al., "Going deeper with convolutions", CVPR 2015) of a whole batch at once.

Letters: N samples, B a batch. A crop has `area` to 1 of the image's area and 3/4 to 4/3 of its proportions.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

STRETCH = math.log(4 / 3)


def draw(count: int, area: float, generator: torch.Generator) -> Tensor:
    """Boxes (N,4): top, left, height and width as parts of the image's height and width."""
    size, stretch, down, right = torch.rand((4, count), generator=generator)
    size = area + (1 - area) * size
    ratio = torch.exp((2 * stretch - 1) * STRETCH)
    height, width = (size / ratio).sqrt().clamp(max=1), (size * ratio).sqrt().clamp(max=1)
    return torch.stack([down * (1 - height), right * (1 - width), height, width], 1)


def images(batch: Tensor, boxes: Tensor) -> Tensor:
    """uint8 (B,C,H,W) -> the boxes at the same size, bilinear."""
    rows, columns = (2 * place - 1 for place in _places(batch, boxes))
    grid = torch.stack(
        [columns[:, None, :].expand(-1, batch.shape[2], -1), rows[:, :, None].expand(-1, -1, batch.shape[3])],
        -1,
    )
    shown = F.grid_sample(batch.float(), grid, mode="bilinear", padding_mode="border", align_corners=False)
    return shown.round().to(torch.uint8)


def masks(batch: Tensor, boxes: Tensor) -> Tensor:
    """uint8 (B,H,W) -> the boxes at the same size, nearest neighbour."""
    rows, columns = _places(batch, boxes)
    row = (rows * batch.shape[1]).long().clamp(max=batch.shape[1] - 1)
    column = (columns * batch.shape[2]).long().clamp(max=batch.shape[2] - 1)
    at = torch.arange(len(batch), device=batch.device)[:, None, None]
    return batch[at, row[:, :, None], column[:, None, :]]


def _places(batch: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
    """For each row and column of the result the place that it shows, 0 to 1: (B,H) and (B,W)."""
    height, width = batch.shape[-2:]
    down = (torch.arange(height, device=batch.device) + 0.5) / height
    right = (torch.arange(width, device=batch.device) + 0.5) / width
    top, left, tall, wide = boxes.unsqueeze(2).unbind(1)
    return top + down * tall, left + right * wide
