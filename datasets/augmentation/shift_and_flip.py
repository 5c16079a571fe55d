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
    far = 2 * shift >= min(images.shape[2:])
    return looked_up(images, moves) if far or _at_once(images) else copied(images, moves)


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


def copied(images: Tensor, moves: Moves) -> Tensor:
    """Image by image, rows copied whole; moves are less than half of the sides."""
    result = torch.empty_like(images)
    places = zip(moves.down.tolist(), moves.right.tolist(), moves.mirrored.tolist(), strict=True)
    for image, target, (down, right, mirrored) in zip(images, result, places, strict=True):
        (to_rows, of_rows), (to_columns, of_columns) = (
            _overlap(by, side) for by, side in zip((down, right), image.shape[1:], strict=True)
        )
        source = image.flip(2) if mirrored else image
        target[:, to_rows, to_columns] = source[:, of_rows, of_columns]
        _reflect_border(target[:, to_rows], right, 2)
        _reflect_border(target, down, 1)
    return result


def _overlap(by: int, side: int) -> tuple[slice, slice]:
    """Where what is moved by so many pixels lands, and where it comes from."""
    return slice(max(by, 0), side + min(by, 0)), slice(max(-by, 0), side - max(by, 0))


def _reflect_border(image: Tensor, by: int, axis: int) -> None:
    """Fill the pixels that a move by `by` has left open with their mirror image, the border pixel not repeated."""
    side = image.shape[axis]
    if by > 0:
        image.narrow(axis, 0, by).copy_(image.narrow(axis, by + 1, by).flip(axis))
    elif by < 0:
        image.narrow(axis, side + by, -by).copy_(image.narrow(axis, side + 2 * by - 1, -by).flip(axis))
