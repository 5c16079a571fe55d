"""RandAugment (Cubuk et al., NeurIPS 2020, arXiv:1909.13719) of a whole batch: torchvision's operations and strengths.

All images with the same operation and sign go through one call of torchvision.transforms.v2.functional.
Letters: N samples, B a batch.
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
    "color",
    "contrast",
    "sharpness",
    "posterize",
    "solarize",
    "autocontrast",
    "equalize",
)
GEOMETRIC = OPERATIONS[1:6]
"""Operations that move pixels, so that masks follow them."""
MAX_STRENGTH = 30


def draw_operations(count: int, operations: int, generator: torch.Generator) -> Tensor:
    """Draw codes (N, operations): an index into OPERATIONS, plus len(OPERATIONS) where the sign is negative."""
    chosen = torch.randint(len(OPERATIONS), (count, operations), generator=generator)
    negative = torch.rand((count, operations), generator=generator) < 0.5
    return chosen + len(OPERATIONS) * negative


def apply_operations(
    images: Tensor, masks: Tensor | None, codes: Tensor, *, strength: int, fill: int
) -> tuple[Tensor, Tensor | None]:
    """Apply the drawn operations, one column of `codes` (B, operations) after the other.

    images uint8 (B,C,H,W); masks (B,H,W) or None. Pixels from outside the image are black, in masks `fill`.
    """
    images, masks = images.clone(), None if masks is None else masks.clone()
    for column in codes.cpu().unbind(1):
        for code in torch.unique(column).tolist():
            negative, number = divmod(code, len(OPERATIONS))
            rows = torch.nonzero(column == code).flatten().to(images.device)
            name = OPERATIONS[number]
            amount = strength / MAX_STRENGTH * (-1 if negative else 1)
            if name in GEOMETRIC:
                images[rows] = _apply_geometric(images[rows], name, amount, fill=0, smooth=True)
                if masks is not None:
                    masks[rows] = _apply_geometric(
                        masks[rows].unsqueeze(1), name, amount, fill=fill, smooth=False
                    ).squeeze(1)
            elif name != "identity":
                images[rows] = _apply_photometric(images[rows], name, amount)
    return images, masks


def _apply_geometric(batch: Tensor, name: str, amount: float, *, fill: int, smooth: bool) -> Tensor:
    from torchvision.transforms.v2 import InterpolationMode, functional

    keywords: dict[str, Any] = {
        "fill": [float(fill)],
        "interpolation": InterpolationMode.BILINEAR if smooth else InterpolationMode.NEAREST,
    }
    moved: Tensor
    height, width = batch.shape[-2:]
    across, down = name.endswith("_x"), name.endswith("_y")
    slope, distance = math.degrees(math.atan(amount * 0.3)), 150 / 331 * amount
    if name == "rotate":
        moved = functional.rotate(batch, angle=amount * 30, **keywords)
    elif name.startswith("shear"):
        keywords["center"] = [0, 0]
        shear = [across * slope, down * slope]
        moved = functional.affine(batch, angle=0.0, translate=[0, 0], scale=1.0, shear=shear, **keywords)
    else:
        shift = [across * int(distance * width), down * int(distance * height)]
        moved = functional.affine(batch, angle=0.0, translate=shift, scale=1.0, shear=[0.0, 0.0], **keywords)
    return moved


def _apply_photometric(batch: Tensor, name: str, amount: float) -> Tensor:
    from torchvision.transforms.v2 import functional

    factor, strength = 1 + 0.9 * amount, abs(amount)
    calls: dict[str, Callable[[Tensor], Tensor]] = {
        "brightness": lambda x: functional.adjust_brightness(x, factor),
        "color": lambda x: functional.adjust_saturation(x, factor),
        "contrast": lambda x: functional.adjust_contrast(x, factor),
        "sharpness": lambda x: functional.adjust_sharpness(x, factor),
        "posterize": lambda x: functional.posterize(x, 8 - round(4 * strength)),
        "solarize": lambda x: functional.solarize(x, 255 * (1 - strength)),
        "autocontrast": functional.autocontrast,
        "equalize": functional.equalize,
    }
    return calls[name](batch)
