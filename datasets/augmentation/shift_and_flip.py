"""Shifts, flips and scaling of a batch: vectorized, or image by image where a single image fills a core's cache.

Both ways give the same bits: they move whole pixels, and scale each by one multiplication and one addition.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

LARGE_IMAGE = 30_000
"""Values of an image from which on a CPU is faster image by image."""


class Moves(Protocol):
    """The move of each sample, all (B,): pixels down, pixels right, and whether it is flipped before that."""

    @property
    def down(self) -> Tensor: ...

    @property
    def right(self) -> Tensor: ...

    @property
    def flipped(self) -> Tensor: ...


def shift_and_flip(images: Tensor, moves: Moves, shift: int) -> Tensor:
    """Flip (B,C,H,W) left to right and then shift it by at most `shift` pixels; the border is reflected.

    `shift` must be smaller than both sides.
    """
    is_far = 2 * shift >= min(images.shape[2:])
    if is_far or _prefers_vectorized(images):
        return move_by_gather(images, moves)
    return move_by_copy(images, moves)


def scale(images: Tensor, gain: Tensor, offset: Tensor) -> Tensor:
    """Return images * gain + offset as float: images uint8 (B,C,H,W), gain and offset (B,C,1,1)."""
    if _prefers_vectorized(images):
        return images.float().mul_(gain).add_(offset)
    scaled = torch.empty(images.shape)
    for image, target, factor, summand in zip(images, scaled, gain, offset, strict=True):
        target.copy_(image).mul_(factor).add_(summand)
    return scaled


def _prefers_vectorized(images: Tensor) -> bool:
    return images.device.type != "cpu" or images[0].numel() < LARGE_IMAGE


def move_by_gather(images: Tensor, moves: Moves) -> Tensor:
    """Move a batch by computing the source of every pixel; any shift smaller than the sides."""
    height, width = images.shape[-2:]
    rows = _reflect(torch.arange(height, device=images.device) - moves.down[:, None], height)
    columns = _reflect(torch.arange(width, device=images.device) - moves.right[:, None], width)
    columns = torch.where(moves.flipped[:, None], width - 1 - columns, columns)
    pixels = (rows[:, :, None] * width + columns[:, None, :]).flatten(1)
    source = pixels[:, None].expand(-1, images.shape[1], -1)
    return images.flatten(2).gather(2, source).view(images.shape)


def _reflect(index: Tensor, length: int) -> Tensor:
    """Fold indices outside 0 .. length - 1 back inside, without repeating the border pixel."""
    return (length - 1) - ((length - 1) - index.abs()).abs()


def move_by_copy(images: Tensor, moves: Moves) -> Tensor:
    """Move a batch image by image, copying whole rows; shifts must be less than half of the sides."""
    result = torch.empty_like(images)
    each = zip(moves.down.tolist(), moves.right.tolist(), moves.flipped.tolist(), strict=True)
    for image, target, (down, right, flipped) in zip(images, result, each, strict=True):
        (to_rows, from_rows), (to_columns, from_columns) = (
            _overlap(by, side) for by, side in zip((down, right), image.shape[1:], strict=True)
        )
        source = image.flip(2) if flipped else image
        target[:, to_rows, to_columns] = source[:, from_rows, from_columns]
        _reflect_border(target[:, to_rows], right, 2)
        _reflect_border(target, down, 1)
    return result


def _overlap(by: int, side: int) -> tuple[slice, slice]:
    """Return the target and the source slice of an axis shifted by `by` pixels."""
    return slice(max(by, 0), side + min(by, 0)), slice(max(-by, 0), side - max(by, 0))


def _reflect_border(image: Tensor, by: int, axis: int) -> None:
    """Fill the pixels that a shift by `by` left empty with their reflection, without repeating the border pixel."""
    side = image.shape[axis]
    if by > 0:
        image.narrow(axis, 0, by).copy_(image.narrow(axis, by + 1, by).flip(axis))
    elif by < 0:
        image.narrow(axis, side + by, -by).copy_(image.narrow(axis, side + 2 * by - 1, -by).flip(axis))
