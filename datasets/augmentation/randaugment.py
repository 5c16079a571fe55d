"""RandAugment (Cubuk et al., NeurIPS 2020, arXiv:1909.13719) of a whole batch: torchvision's operations and strengths.

All images that drew the same operation and sign go through one call of torchvision.transforms.v2.functional.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

OPERATIONS = (
    "identity",
    "shear_x",
    "shear_y",
    "translate_x",
    "translate_y",
    "rotate",
    "brightness",
    "colour",
    "contrast",
    "sharpness",
    "posterize",
    "solarize",
    "autocontrast",
    "equalize",
)
MOVES = OPERATIONS[1:6]
"""Operations that masks follow."""
STRONGEST = 30


def draw(count: int, operations: int, generator: torch.Generator) -> Tensor:
    """(N, operations): each the number of an operation, plus len(OPERATIONS) where its sign is negative."""
    chosen = torch.randint(len(OPERATIONS), (count, operations), generator=generator)
    negative = torch.rand((count, operations), generator=generator) < 0.5
    return chosen + len(OPERATIONS) * negative


def apply(
    images: Tensor, masks: Tensor | None, drawn: Tensor, *, strength: int, fill: int
) -> tuple[Tensor, Tensor | None]:
    """uint8 (B,C,H,W), (B,H,W) or None, draws (B, operations). A move lays bare black, in masks `fill`."""
    images, masks = images.clone(), None if masks is None else masks.clone()
    for column in drawn.cpu().unbind(1):
        for code in torch.unique(column).tolist():
            negative, number = divmod(code, len(OPERATIONS))
            rows = torch.nonzero(column == code).flatten().to(images.device)
            name = OPERATIONS[number]
            amount = strength / STRONGEST * (-1 if negative else 1)
            if name in MOVES:
                images[rows] = _move(images[rows], name, amount, fill=0, smooth=True)
                if masks is not None:
                    masks[rows] = _move(
                        masks[rows].unsqueeze(1), name, amount, fill=fill, smooth=False
                    ).squeeze(1)
            elif name != "identity":
                images[rows] = _colour(images[rows], name, amount)
    return images, masks


def _move(batch: Tensor, name: str, amount: float, *, fill: int, smooth: bool) -> Tensor:
    from torchvision.transforms.v2 import InterpolationMode, functional

    how: dict[str, Any] = {
        "fill": [float(fill)],
        "interpolation": InterpolationMode.BILINEAR if smooth else InterpolationMode.NEAREST,
    }
    moved: Tensor
    height, width = batch.shape[-2:]
    across, down = name.endswith("_x"), name.endswith("_y")
    slope, far = math.degrees(math.atan(amount * 0.3)), 150 / 331 * amount
    if name == "rotate":
        moved = functional.rotate(batch, angle=amount * 30, **how)
    elif name.startswith("shear"):
        how["center"] = [0, 0]
        shear = [across * slope, down * slope]
        moved = functional.affine(batch, angle=0.0, translate=[0, 0], scale=1.0, shear=shear, **how)
    else:
        shift = [across * int(far * width), down * int(far * height)]
        moved = functional.affine(batch, angle=0.0, translate=shift, scale=1.0, shear=[0.0, 0.0], **how)
    return moved


def _colour(batch: Tensor, name: str, amount: float) -> Tensor:
    from torchvision.transforms.v2 import functional

    factor, strength = 1 + 0.9 * amount, abs(amount)
    calls: dict[str, Callable[[Tensor], Tensor]] = {
        "brightness": lambda x: functional.adjust_brightness(x, factor),
        "colour": lambda x: functional.adjust_saturation(x, factor),
        "contrast": lambda x: functional.adjust_contrast(x, factor),
        "sharpness": lambda x: functional.adjust_sharpness(x, factor),
        "posterize": lambda x: functional.posterize(x, 8 - round(4 * strength)),
        "solarize": lambda x: functional.solarize(x, 255 * (1 - strength)),
        "autocontrast": functional.autocontrast,
        "equalize": functional.equalize,
    }
    return calls[name](batch)
