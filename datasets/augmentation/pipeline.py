"""Which samples a step sees and how they are augmented: functions of (seed, epoch) and the sample alone.

Everything random of an epoch is drawn at once on the CPU, indexed by sample, so that neither the batch size
nor a restart nor the device moves a bit of it; a batch only applies its rows. Letters: N samples, B a batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from user_error import UserError

from . import mixup_cutmix, randaugment, random_resized_crop
from .shift_and_flip import moved, scale


def order(count: int, *, seed: int, epoch: int) -> Tensor:
    """The order of an epoch: a permutation of 0 .. count - 1, int64."""
    return torch.randperm(count, generator=_generator("order", seed, epoch))


@dataclass(frozen=True)
class Draws:
    """What happens to each sample in one epoch, all (N,) or (N, ...). `draws[index]` are those of a batch.

    boxes are crops, operations RandAugment's, mixes mixup's and CutMix's, holes Cutout's centres; None: not asked for.
    """

    down: Tensor
    right: Tensor
    mirrored: Tensor
    gain: Tensor
    lift: Tensor
    boxes: Tensor | None = None
    operations: Tensor | None = None
    mixes: Tensor | None = None
    holes: Tensor | None = None

    def __getitem__(self, index: Tensor | slice) -> Draws:
        return self._each(lambda drawn: drawn[index])

    def to(self, device: torch.device | str) -> Draws:
        """The same draws on another device."""
        return self._each(lambda drawn: drawn.to(device))

    def _each(self, change: Callable[[Tensor], Tensor]) -> Draws:
        drawn = {field.name: getattr(self, field.name) for field in fields(self)}
        return Draws(**{name: change(one) for name, one in drawn.items() if one is not None})


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Random shift, mirroring, contrast and brightness; then scaling of 0..255 to (x / 255 - mean) / std.

    shift: up to so many pixels each way, the border reflected; flip: mirror left and right, every other time;
    contrast, brightness: up to so much, as parts of 1 (the full range of grey). Beside these, where given: crop:
    a random crop of at least this part of the area; randaugment: strength 1 to 30, of `operations` operations;
    mixup, cutmix: the parameter of their Beta distribution; cutout: the square's side in pixels. In this order, mixing
    and cutting after the scaling. A mask follows its image; what has no truth any more becomes `ignore`, or else
    class 0. `classes` counts the labels' classes, for mixing.
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
        """The draws of an epoch for `count` samples, on the CPU."""
        generator = _generator("augmentation", seed, epoch)
        moves = torch.randint(-self.shift, self.shift + 1, (2, count), generator=generator)
        mirrored = (torch.rand(count, generator=generator) < 0.5) & self.flip
        swing = torch.rand((2, count), generator=generator) * 2 - 1
        return Draws(
            moves[0],
            moves[1],
            mirrored,
            1 + self.contrast * swing[0],
            self.brightness * swing[1],
            boxes=random_resized_crop.draw(count, self.crop, _generator("crop", seed, epoch))
            if self.crop
            else None,
            operations=randaugment.draw(count, self.operations, _generator("randaugment", seed, epoch))
            if self.randaugment
            else None,
            mixes=mixup_cutmix.Mix(self.mixup, self.cutmix).draw(
                count, np.random.default_rng(_number("mix", seed, epoch))
            )
            if self.mixup or self.cutmix
            else None,
            holes=torch.rand((count, 2), generator=_generator("cutout", seed, epoch))
            if self.cutout
            else None,
        )

    def apply(self, images: Tensor, targets: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """images uint8 (B,C,H,W), targets (B,) or (B,H,W), the batch's draws -> float images, targets.

        Labels that are mixed become weights of the classes, (B,classes).
        """
        if self.shift or self.flip:
            images = moved(images, draws, self.shift)
            targets = (
                moved(targets.unsqueeze(1), draws, self.shift).squeeze(1) if targets.ndim == 3 else targets
            )
        images, targets = self._cropped_and_changed(images, targets, draws)
        gain, lift = (d[:, None, None, None] for d in (draws.gain, draws.lift))
        mean, std = self._scale(images)
        # ((x / 255 - .5) gain + .5 + lift - mean) / std, in one multiplication and one addition a pixel
        scaled = scale(images, gain / (255 * std), (0.5 - 0.5 * gain + lift - mean) / std)
        if draws.mixes is not None:
            scaled, targets = mixup_cutmix.apply(scaled, targets, draws.mixes, classes=self.classes)
        if draws.holes is not None and self.cutout:
            scaled, targets = mixup_cutmix.cut_out(
                scaled, targets, draws.holes, side=self.cutout, ignore=self.ignore
            )
        return scaled, targets

    def _cropped_and_changed(self, images: Tensor, targets: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        masks = targets if targets.ndim == 3 else None
        if draws.boxes is not None:
            images = random_resized_crop.images(images, draws.boxes)
            masks = None if masks is None else random_resized_crop.masks(masks, draws.boxes)
        if draws.operations is not None and self.randaugment:
            images, masks = randaugment.apply(
                images, masks, draws.operations, strength=self.randaugment, fill=self.ignore or 0
            )
        return images, targets if masks is None else masks

    def plain(self, images: Tensor) -> Tensor:
        """uint8 (B,C,H,W) -> float, scaled as in training and otherwise left alone: for evaluation."""
        mean, std = self._scale(images)
        return images.float() * (1 / (255 * std)) - mean / std

    def _scale(self, images: Tensor) -> tuple[Tensor, Tensor]:
        mean, std = (torch.tensor(tuple(s), device=images.device) for s in (self.mean, self.std))
        return mean.view(1, -1, 1, 1), std.view(1, -1, 1, 1)


def _number(purpose: str, seed: int, epoch: int) -> int:
    """Independent streams: neighbouring seeds and epochs share nothing."""
    return int.from_bytes(hashlib.sha256(f"{purpose} {seed} {epoch}".encode()).digest()[:8], "big")


def _generator(purpose: str, seed: int, epoch: int) -> torch.Generator:
    number = _number(purpose, seed, epoch)
    return torch.Generator().manual_seed(number - 2**64 if number >= 2**63 else number)
