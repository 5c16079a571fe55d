"""Random resized crops (Szegedy et al., "Going deeper with convolutions", CVPR 2015) of a whole batch at once.

Letters: N samples, B a batch. A box covers `area` to 1 of the image's area; its aspect ratio, relative to the
image's, is 3/4 to 4/3.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

MAX_LOG_RATIO = math.log(4 / 3)


def draw_boxes(count: int, area: float, generator: torch.Generator) -> Tensor:
    """Draw boxes (N,4): top, left, height and width as parts of the image's height and width."""
    size, stretch, down, right = torch.rand((4, count), generator=generator)
    size = area + (1 - area) * size
    ratio = torch.exp((2 * stretch - 1) * MAX_LOG_RATIO)
    height, width = (size / ratio).sqrt().clamp(max=1), (size * ratio).sqrt().clamp(max=1)
    return torch.stack([down * (1 - height), right * (1 - width), height, width], 1)


def crop_images(batch: Tensor, boxes: Tensor) -> Tensor:
    """Crop uint8 (B,C,H,W) to `boxes` (B,4) and resize to the same H and W, bilinear."""
    rows, columns = (2 * position - 1 for position in _source_positions(batch, boxes))
    grid = torch.stack(
        [columns[:, None, :].expand(-1, batch.shape[2], -1), rows[:, :, None].expand(-1, -1, batch.shape[3])],
        -1,
    )
    cropped = F.grid_sample(batch.float(), grid, mode="bilinear", padding_mode="border", align_corners=False)
    return cropped.round().to(torch.uint8)


def crop_masks(batch: Tensor, boxes: Tensor) -> Tensor:
    """Crop uint8 masks (B,H,W) to `boxes` (B,4) and resize to the same H and W, nearest neighbor."""
    rows, columns = _source_positions(batch, boxes)
    row = (rows * batch.shape[1]).long().clamp(max=batch.shape[1] - 1)
    column = (columns * batch.shape[2]).long().clamp(max=batch.shape[2] - 1)
    sample = torch.arange(len(batch), device=batch.device)[:, None, None]
    return batch[sample, row[:, :, None], column[:, None, :]]


def _source_positions(batch: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Return where each row (B,H) and column (B,W) of the result comes from, 0 to 1."""
    height, width = batch.shape[-2:]
    down = (torch.arange(height, device=batch.device) + 0.5) / height
    right = (torch.arange(width, device=batch.device) + 0.5) / width
    top, left, box_height, box_width = boxes.unsqueeze(2).unbind(1)
    return top + down * box_height, left + right * box_width
