"""Evaluations of a network on one split, and metrics computed from a confusion matrix.

A metric that a split does not define (the IoU of a class that is neither there nor predicted) is None, not NaN.
"""

import math
from typing import Any, NamedTuple

import torch
from numpy.typing import NDArray
from torch import Tensor

from ..config.run_result import PerClass


class Evaluation(NamedTuple):
    """Metrics (fractions; the loss in nats), the per-class metric, and arrays with one row per example.

    A loss of NaN or infinity is kept, because it says that the training diverged; it is None if no pixel counts.
    """

    metrics: dict[str, float | None]
    per_class: PerClass
    per_example: dict[str, NDArray[Any]]


def confusion_matrix(predicted: Tensor, truth: Tensor, classes: int) -> Tensor:
    """Count pairs of true and predicted class, as int64 (classes, classes): row = truth, column = prediction.

    predicted, truth: equal shapes, values from 0 to classes - 1.
    """
    pairs = truth.reshape(-1).long() * classes + predicted.reshape(-1).long()
    return torch.bincount(pairs, minlength=classes * classes).view(classes, classes)


def confusion_matrices(predicted: Tensor, truth: Tensor, classes: int, *, ignore: int) -> Tensor:
    """Compute one confusion matrix per image, (B, classes, classes), of predicted and truth (B,H,W).

    Pixels whose truth is `ignore` do not count.
    """
    images = torch.arange(len(truth)).view(-1, 1, 1)
    counted = truth != ignore
    cells = (images * classes + truth.long()) * classes + predicted.long()
    size = len(truth) * classes * classes
    return torch.bincount(cells[counted], minlength=size).view(-1, classes, classes)


def recall(matrix: Tensor) -> Tensor:
    """Compute the recall of each class, (classes,); NaN for a class without examples."""
    return matrix.diagonal().double() / matrix.sum(1)


def intersection_over_union(matrix: Tensor) -> Tensor:
    """Compute the IoU of each class, (classes,); NaN for a class absent from truth and prediction."""
    hits = matrix.diagonal().double()
    return hits / (matrix.sum(0) + matrix.sum(1) - hits)


def dice_score(matrix: Tensor) -> Tensor:
    """Compute the Dice score of each class, (classes,); NaN for a class absent from truth and prediction."""
    return 2 * matrix.diagonal().double() / (matrix.sum(0) + matrix.sum(1))


def accuracy(matrix: Tensor) -> float:
    """Compute the share of all examples (or pixels) that are classified correctly; NaN if there are none."""
    return float(matrix.diagonal().sum() / matrix.sum())


def defined(value: float | Tensor) -> float | None:
    """Return a metric as a number; None if it is NaN or infinite, which means that it is not defined."""
    number = float(value)
    return number if math.isfinite(number) else None


def to_json_numbers(values: Tensor) -> list[float | None]:
    """Convert a tensor (k,) to numbers that JSON can hold: what is not finite becomes None."""
    return [defined(value) for value in values.tolist()]
