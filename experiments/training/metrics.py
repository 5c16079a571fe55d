"""What is known of a network on one split, and the metrics that come from its confusion matrix."""

from typing import Any, NamedTuple

import torch
from numpy.typing import NDArray
from torch import Tensor

from ..config.run_result import PerClass


class Evaluation(NamedTuple):
    """Metrics (fractions; loss in nats), the per-class metric, and arrays with one row an example."""

    metrics: dict[str, float]
    per_class: PerClass
    per_example: dict[str, NDArray[Any]]


def confusion_matrix(predicted: Tensor, truth: Tensor, classes: int) -> Tensor:
    """Counts (classes, classes), int64: row = truth, column = prediction. Equal shapes, values below `classes`."""
    pairs = truth.reshape(-1).long() * classes + predicted.reshape(-1).long()
    return torch.bincount(pairs, minlength=classes * classes).view(classes, classes)


def confusion_matrices(predicted: Tensor, truth: Tensor, classes: int, *, ignore: int) -> Tensor:
    """A confusion matrix an image, (B, classes, classes), from (B,H,W); pixels whose truth is `ignore` do not count."""
    images = torch.arange(len(truth)).view(-1, 1, 1)
    counted = truth != ignore
    cells = (images * classes + truth.long()) * classes + predicted.long()
    size = len(truth) * classes * classes
    return torch.bincount(cells[counted], minlength=size).view(-1, classes, classes)


def recall(matrix: Tensor) -> Tensor:
    """Share of each class's examples that were recognised, (classes,); NaN for a class without examples."""
    return matrix.diagonal().double() / matrix.sum(1)


def intersection_over_union(matrix: Tensor) -> Tensor:
    """IoU of each class, (classes,); NaN for a class absent from truth and prediction."""
    hits = matrix.diagonal().double()
    return hits / (matrix.sum(0) + matrix.sum(1) - hits)


def dice_score(matrix: Tensor) -> Tensor:
    """Dice of each class, (classes,); NaN for a class absent from truth and prediction."""
    return 2 * matrix.diagonal().double() / (matrix.sum(0) + matrix.sum(1))


def accuracy(matrix: Tensor) -> float:
    """Share of all examples (or pixels) that were classified right."""
    return float(matrix.diagonal().sum() / matrix.sum())


def to_json_numbers(values: Tensor) -> list[float | None]:
    """A tensor as JSON numbers, NaN as null."""
    return [None if value != value else value for value in values.tolist()]
