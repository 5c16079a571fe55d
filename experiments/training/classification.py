"""The classification objective: cross-entropy; accuracy (primary), recall, expected calibration error, loss."""

import torch
from torch import Tensor
from torch.nn import functional as F

from ..config.run_result import PerClass
from ..config.run_spec import PRIMARY
from .metrics import Evaluation, accuracy, confusion_matrix, defined, recall, to_json_numbers

BINS = 15
"""Bins of the expected calibration error."""


class Classification:
    """Cross-entropy on logits (B, classes) and targets (B,)."""

    primary = PRIMARY["classification"]
    ignore_index = None

    def __init__(self, classes: tuple[str, ...], *, label_smoothing: float = 0.0) -> None:
        self.classes = classes
        self.label_smoothing = label_smoothing

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Compute the mean cross-entropy of a batch, in nats."""
        return F.cross_entropy(logits, targets, label_smoothing=self.label_smoothing)

    def tally(self) -> "ClassificationTally":
        """Start the evaluation of a split."""
        return ClassificationTally(self.classes)


class ClassificationTally:
    """Collects every example's prediction and confidence; 100,000 examples take about 2 MB."""

    def __init__(self, classes: tuple[str, ...]) -> None:
        self.classes = classes
        self.predicted: list[Tensor] = []
        self.confidence: list[Tensor] = []
        self.truth: list[Tensor] = []
        self.loss = 0.0

    def add(self, logits: Tensor, targets: Tensor) -> None:
        """Add a batch: logits (B, classes), targets (B,)."""
        confidence, predicted = logits.float().softmax(1).max(1)
        self.predicted.append(predicted.cpu())
        self.confidence.append(confidence.cpu())
        self.truth.append(targets.cpu())
        self.loss += float(F.cross_entropy(logits.float(), targets, reduction="sum"))

    def evaluation(self) -> Evaluation:
        """Compute the metrics over all added batches."""
        predicted, truth = torch.cat(self.predicted), torch.cat(self.truth)
        confidence = torch.cat(self.confidence)
        matrix = confusion_matrix(predicted, truth, len(self.classes))
        metrics = {
            "accuracy": defined(accuracy(matrix)),
            "loss": self.loss / len(truth),
            "ece": defined(expected_calibration_error(confidence, predicted == truth)),
        }
        recalls = to_json_numbers(recall(matrix))
        return Evaluation(
            metrics,
            PerClass(name="recall", classes=list(self.classes), values=recalls),
            {"predicted": predicted.to(torch.int32).numpy(), "correct": (predicted == truth).numpy()},
        )


def expected_calibration_error(confidence: Tensor, correct: Tensor) -> float:
    """Compute the expected calibration error with 15 bins of equal width (Guo et al. 2017, equation 3).

    The gap between mean confidence and accuracy of each bin, weighted by its number of examples.
    confidence (N,) in [0, 1], correct (N,) bool. A bin includes its upper edge.
    """
    bins = (confidence.double() * BINS).ceil().long().clamp(1, BINS) - 1
    weights = torch.zeros(2, BINS, dtype=torch.float64)
    weights[0].index_add_(0, bins, confidence.double())
    weights[1].index_add_(0, bins, correct.double())
    return float((weights[0] - weights[1]).abs().sum() / len(confidence))
