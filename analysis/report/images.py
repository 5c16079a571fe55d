"""Encode rows of images, masks and gates as data URLs."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray
from PIL import Image

WRONG, MISSED, IGNORED = (231, 99, 0), (63, 144, 218), (119, 128, 139)  # RGB
IGNORE_INDEX = 255  # pixels without a label
GATE_SIDE = 24  # pixels of a gate's longer side; the page enlarges them

Bytes = NDArray[np.uint8]


def encode_photographs(images: Bytes) -> str:
    """Encode (k, 3, H, W) images side by side, lossy."""
    return _encode(_side_by_side(images.transpose(0, 2, 3, 1)), "webp", quality=82, method=6)


def encode_masks(prediction: Bytes, truth: Bytes, classes: int) -> str:
    """Encode (k, H, W) class indices as greys; false positives are orange, missed pixels blue, unlabeled ones grey."""
    largest = max(classes - 1, int(prediction.max()), int(truth[truth != IGNORE_INDEX].max(initial=0)), 1)
    grey = (24 + 216 * np.minimum(prediction, largest).astype(np.float64) / largest).round().astype(np.uint8)
    colors = np.repeat(grey[..., None], 3, axis=-1)
    wrong = (prediction != truth) & (truth != IGNORE_INDEX)
    colors[wrong & (prediction != 0)] = WRONG
    colors[wrong & (prediction == 0)] = MISSED
    colors[truth == IGNORE_INDEX] = IGNORED
    return _encode(_side_by_side(colors), "png", optimize=True)


def encode_gates(values: NDArray[np.float64], low: float, high: float) -> str:
    """Encode (k, h, w) gates in the color map cividis, from `low` (dark) to `high` (light)."""
    scaled = (values - low) / max(high - low, 1e-12)
    colors = (colormaps["cividis"](np.clip(scaled, 0, 1))[..., :3] * 255).round().astype(np.uint8)
    factor = max(1, GATE_SIDE // max(values.shape[1:]))
    enlarged = colors.repeat(factor, axis=1).repeat(factor, axis=2)
    return _encode(_side_by_side(enlarged), "png", optimize=True)


def _side_by_side(tiles: Bytes) -> Bytes:
    """Concatenate (k, h, w, 3) tiles to (h, k * w, 3)."""
    return np.concatenate(list(tiles), axis=1)


def _encode(pixels: Bytes, kind: str, **options: Any) -> str:
    out = BytesIO()
    Image.fromarray(pixels).save(out, format=kind, **options)
    return f"data:image/{kind};base64,{base64.b64encode(out.getvalue()).decode()}"
