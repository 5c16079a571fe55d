"""Shifting, mirroring and scaling of a batch: all pixels at once, or image by image where one fills a core's cache.

Both ways give the same bits: they move whole pixels, and scale each by one multiplication and one addition.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

LARGE = 30_000
"""Values of an image from which on a CPU is faster image by image."""


class Moves(Protocol):
    """How far down and right each sample goes, and whether it is mirrored before: (B,)."""

    @property
    def down(self) -> Tensor: ...

    @property
    def right(self) -> Tensor: ...

    @property
    def mirrored(self) -> Tensor: ...


def moved(images: Tensor, moves: Moves, shift: int) -> Tensor:
    """(B,C,H,W) mirrored and then moved by at most `shift` pixels, less than both sides, the border reflected."""
    return looked_up(images, moves) if _at_once(images) else copied(images, moves, shift)


def scale(images: Tensor, gain: Tensor, lift: Tensor) -> Tensor:
    """uint8 (B,C,H,W), gain and lift (B,C,1,1) -> float images * gain + lift."""
    if _at_once(images):
        return images.float().mul_(gain).add_(lift)
    scaled = torch.empty(images.shape)
    for image, one, factor, summand in zip(images, scaled, gain, lift, strict=True):
        one.copy_(image).mul_(factor).add_(summand)
    return scaled


def _at_once(images: Tensor) -> bool:
    return images.device.type != "cpu" or images[0].numel() < LARGE


def looked_up(images: Tensor, moves: Moves) -> Tensor:
    """Every pixel of the result looked up."""
    height, width = images.shape[-2:]
    rows = _reflect(torch.arange(height, device=images.device) - moves.down[:, None], height)
    columns = _reflect(torch.arange(width, device=images.device) - moves.right[:, None], width)
    columns = torch.where(moves.mirrored[:, None], width - 1 - columns, columns)
    pixels = (rows[:, :, None] * width + columns[:, None, :]).flatten(1)
    wanted = pixels[:, None].expand(-1, images.shape[1], -1)
    return images.flatten(2).gather(2, wanted).view(images.shape)


def _reflect(index: Tensor, length: int) -> Tensor:
    """Fold what lies outside 0 .. length - 1 back, the border pixel itself not repeated."""
    return (length - 1) - ((length - 1) - index.abs()).abs()


def copied(images: Tensor, moves: Moves, shift: int) -> Tensor:
    """Image by image, rows copied whole."""
    height, width = images.shape[-2:]
    result = torch.empty_like(images)
    places = zip(moves.down.tolist(), moves.right.tolist(), moves.mirrored.tolist(), strict=True)
    for image, target, (down, right, mirrored) in zip(images, result, places, strict=True):
        wide = _bordered(_bordered(image.flip(2) if mirrored else image, shift, 1), shift, 2)
        target.copy_(wide[:, shift - down : shift - down + height, shift - right : shift - right + width])
    return result


def _bordered(image: Tensor, border: int, axis: int) -> Tensor:
    """With `border` pixels more on both sides of an axis."""
    if border == 0:
        return image
    before = image.narrow(axis, 1, border).flip(axis)
    after = image.narrow(axis, image.shape[axis] - 1 - border, border).flip(axis)
    return torch.cat([before, image, after], axis)
