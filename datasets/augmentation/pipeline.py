"""The order of an epoch and the augmentation of its samples: functions of seed, epoch and sample alone.

Everything random of an epoch is drawn at once on the CPU and indexed by sample, so that neither the batch size,
a resumed run nor the device changes a bit; a batch only applies its rows. Letters: N samples, B a batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from user_error import UserError

from .mixup_cutmix import MixupCutmix, apply_cutout, mix_batch
from .randaugment import apply_operations, draw_operations
from .random_resized_crop import crop_images, crop_masks, draw_boxes
from .shift_and_flip import scale, shift_and_flip


def epoch_order(count: int, *, seed: int, epoch: int) -> Tensor:
    """Return the order of an epoch's samples: a permutation of 0 .. count - 1, int64 (count,)."""
    return torch.randperm(count, generator=_generator("order", seed, epoch))


@dataclass(frozen=True)
class Draws:
    """The random numbers of each sample in one epoch, all (N,) or (N, ...); `draws[index]` selects a batch's.

    down, right: shift in pixels; flipped: bool; gain, offset: contrast and brightness; crop_boxes (N,4), operations
    (N, operations) of RandAugment, mixes (N,4) of mixup and CutMix, holes (N,2), the centers of Cutout: None where off.
    """

    down: Tensor
    right: Tensor
    flipped: Tensor
    gain: Tensor
    offset: Tensor
    crop_boxes: Tensor | None = None
    operations: Tensor | None = None
    mixes: Tensor | None = None
    holes: Tensor | None = None

    def __getitem__(self, index: Tensor | slice) -> Draws:
        return self._map(lambda drawn: drawn[index])

    def to(self, device: torch.device | str) -> Draws:
        """Return the same draws on another device."""
        return self._map(lambda drawn: drawn.to(device))

    def _map(self, change: Callable[[Tensor], Tensor]) -> Draws:
        drawn = {field.name: getattr(self, field.name) for field in fields(self)}
        return Draws(**{name: change(tensor) for name, tensor in drawn.items() if tensor is not None})


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Random augmentation of training images, then normalization of 0..255 to (x / 255 - mean) / std.

    In the order of application:
    shift: up to this many pixels each way, the border reflected; flip: left to right with probability 1/2;
    crop: a random resized crop of at least this part of the area; randaugment: strength 1 to 30, `operations` of
    them; contrast, brightness: a change of up to this much, as a part of the full range; mixup, cutmix: the
    parameter of the Beta distribution; cutout: the square's side in pixels.
    A mask follows its image; pixels without a label any more become `ignore`, or class 0 where it is None.
    `classes` is the number of classes, for mixed labels. Raises UserError for a strength outside its range.
    """

    shift: int = 0
    flip: bool = False
    contrast: float = 0.0
    brightness: float = 0.0
    crop: float | None = None
    randaugment: int | None = None
    operations: int = 2
    mixup: float | None = None
    cutmix: float | None = None
    cutout: int | None = None
    classes: int = 0
    ignore: int | None = None
    mean: Sequence[float] = (0.0,)
    std: Sequence[float] = (1.0,)

    def __post_init__(self) -> None:
        if self.shift < 0 or not (0 <= self.contrast < 1 and 0 <= self.brightness < 1):
            raise UserError(
                f"augmentation: shift must be >= 0, contrast and brightness in [0, 1), got {self}"
            )

    def draw(self, count: int, *, seed: int, epoch: int) -> Draws:
        """Draw an epoch's random numbers for `count` samples, on the CPU; each augmentation has its own stream."""
        generator = _generator("augmentation", seed, epoch)
        shifts = torch.randint(-self.shift, self.shift + 1, (2, count), generator=generator)
        flipped = (torch.rand(count, generator=generator) < 0.5) & self.flip
        swing = torch.rand((2, count), generator=generator) * 2 - 1
        boxes = operations = mixes = holes = None
        if self.crop:
            boxes = draw_boxes(count, self.crop, _generator("crop", seed, epoch))
        if self.randaugment:
            operations = draw_operations(count, self.operations, _generator("randaugment", seed, epoch))
        if self.mixup or self.cutmix:
            random = np.random.default_rng(_stream_seed("mix", seed, epoch))
            mixes = MixupCutmix(self.mixup, self.cutmix).draw(count, random)
        if self.cutout:
            holes = torch.rand((count, 2), generator=_generator("cutout", seed, epoch))
        gain, offset = 1 + self.contrast * swing[0], self.brightness * swing[1]
        return Draws(shifts[0], shifts[1], flipped, gain, offset, boxes, operations, mixes, holes)

    def apply(self, images: Tensor, targets: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Augment and normalize a batch with its draws.

        images uint8 (B,C,H,W); targets labels (B,) or masks (B,H,W). Returns float images and targets; labels that
        are mixed become class weights (B,classes).
        """
        images, targets = self._apply_uint8_operations(images, targets, draws)
        gain, offset = (drawn[:, None, None, None] for drawn in (draws.gain, draws.offset))
        mean, std = self._mean_and_std(images)
        # ((x / 255 - .5) gain + .5 + offset - mean) / std, in one multiplication and one addition a pixel
        scaled = scale(images, gain / (255 * std), (0.5 - 0.5 * gain + offset - mean) / std)
        if draws.mixes is not None:
            scaled, targets = mix_batch(scaled, targets, draws.mixes, classes=self.classes)
        if draws.holes is not None and self.cutout:
            scaled, targets = apply_cutout(scaled, targets, draws.holes, side=self.cutout, ignore=self.ignore)
        return scaled, targets

    def _apply_uint8_operations(self, images: Tensor, targets: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Apply what works on uint8 images: shift and flip, the crop, RandAugment."""
        masks = targets if targets.ndim == 3 else None
        if self.shift or self.flip:
            images = shift_and_flip(images, draws, self.shift)
            masks = (
                None if masks is None else shift_and_flip(masks.unsqueeze(1), draws, self.shift).squeeze(1)
            )
        if draws.crop_boxes is not None:
            images = crop_images(images, draws.crop_boxes)
            masks = None if masks is None else crop_masks(masks, draws.crop_boxes)
        if draws.operations is not None and self.randaugment:
            images, masks = apply_operations(
                images, masks, draws.operations, strength=self.randaugment, fill=self.ignore or 0
            )
        return images, targets if masks is None else masks

    def normalize(self, images: Tensor) -> Tensor:
        """Normalize uint8 (B,C,H,W) to float as in training, without augmentation: for evaluation."""
        mean, std = self._mean_and_std(images)
        return images.float() * (1 / (255 * std)) - mean / std

    def _mean_and_std(self, images: Tensor) -> tuple[Tensor, Tensor]:
        mean, std = (torch.tensor(tuple(s), device=images.device) for s in (self.mean, self.std))
        return mean.view(1, -1, 1, 1), std.view(1, -1, 1, 1)


def _stream_seed(purpose: str, seed: int, epoch: int) -> int:
    """Return the seed of an independent stream: neighboring seeds and epochs share nothing."""
    return int.from_bytes(hashlib.sha256(f"{purpose} {seed} {epoch}".encode()).digest()[:8], "big")


def _generator(purpose: str, seed: int, epoch: int) -> torch.Generator:
    number = _stream_seed(purpose, seed, epoch)
    return torch.Generator().manual_seed(number - 2**64 if number >= 2**63 else number)
