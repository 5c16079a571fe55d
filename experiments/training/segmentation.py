"""The segmentation objective: cross-entropy plus Dice loss; IoU (primary), Dice, pixel accuracy.

With two classes, IoU and Dice are those of the foreground (class 1); with more, the mean over the classes that occur
in truth or prediction. Both come from one confusion matrix of the whole split, not from a mean over images. A score of
which nothing is there, neither in truth nor in prediction, is not defined.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from ..config.run_result import PerClass
from ..config.run_spec import PRIMARY
from .metrics import (
    Evaluation,
    accuracy,
    confusion_matrices,
    defined,
    dice_score,
    intersection_over_union,
    to_json_numbers,
)

NO_IGNORED_VALUE = -100


class Segmentation:
    """Cross-entropy plus weighted Dice loss on logits (B, classes, H, W) and targets (B, H, W)."""

    primary = PRIMARY["segmentation"]

    def __init__(
        self,
        classes: tuple[str, ...],
        *,
        ignore_index: int | None,
        dice: float = 1.0,
        dice_of_all: bool = False,
        label_smoothing: float = 0.0,
    ) -> None:
        self.classes = classes
        self.ignore_index = ignore_index
        self._ignored_value = NO_IGNORED_VALUE if ignore_index is None else ignore_index
        self.dice, self._first_of_dice = dice, 0 if dice_of_all else 1
        self.label_smoothing = label_smoothing

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Compute the mean cross-entropy over the pixels that count, plus `dice` times the Dice loss."""
        targets = targets.long()
        pixels = F.cross_entropy(
            logits,
            targets,
            ignore_index=self._ignored_value,
            label_smoothing=self.label_smoothing,
            reduction="none",
        )  # on GPUs, torch has no deterministic kernel for reduction="mean" of per-pixel targets
        loss = pixels.sum() / (targets != self._ignored_value).sum().clamp(min=1)
        if not self.dice:
            return loss
        return loss + self.dice * dice_loss(logits, targets, self._ignored_value, first=self._first_of_dice)

    def tally(self) -> "SegmentationTally":
        """Start the evaluation of a split."""
        return SegmentationTally(self.classes, self._ignored_value)


def dice_loss(logits: Tensor, targets: Tensor, ignore: int, *, first: int = 1) -> Tensor:
    """Compute 1 - soft Dice (Milletari et al. 2016), averaged over the classes that occur in the batch.

    Classes count from `first` on: 1 leaves out the background, 0 takes all. The loss is added because cross-entropy
    alone predicts only background where the foreground is small. Departures from the paper: no squares in the
    denominator, 1 added to numerator and denominator, one Dice score per class over the whole batch.
    """
    counted = (targets != ignore).unsqueeze(1)
    probabilities = logits.float().softmax(1) * counted
    classes = torch.arange(logits.shape[1], device=logits.device).view(1, -1, 1, 1)
    truth = ((targets.unsqueeze(1) == classes) & counted).float()
    overlap, size = (probabilities * truth).sum((0, 2, 3)), (probabilities + truth).sum((0, 2, 3))
    present = truth.sum((0, 2, 3))[first:] > 0
    scores = (2 * overlap[first:] + 1) / (size[first:] + 1)
    return torch.where(present, 1 - scores, 0).sum() / present.sum().clamp(min=1)


class SegmentationTally:
    """Collects the confusion matrix of every image."""

    def __init__(self, classes: tuple[str, ...], ignore: int) -> None:
        self.classes = classes
        self._ignored_value = ignore
        self.matrices: list[Tensor] = []
        self.loss = 0.0

    def add(self, logits: Tensor, targets: Tensor) -> None:
        """Add a batch: logits (B, classes, H, W), targets (B, H, W)."""
        targets = targets.long()
        pixels = F.cross_entropy(logits.float(), targets, ignore_index=self._ignored_value, reduction="none")
        self.loss += float(pixels.sum())
        predicted, truth = logits.argmax(1).cpu(), targets.cpu()
        self.matrices.append(
            confusion_matrices(predicted, truth, len(self.classes), ignore=self._ignored_value)
        )

    def evaluation(self) -> Evaluation:
        """Compute the metrics over all added batches."""
        matrices = torch.cat(self.matrices)
        matrix = matrices.sum(0)
        ious, pixels = intersection_over_union(matrix), int(matrix.sum())
        scores = torch.stack([self._mean(intersection_over_union(each)) for each in matrices])
        metrics = {
            "iou": defined(self._mean(ious)),
            "dice": defined(self._mean(dice_score(matrix))),
            "pixel_accuracy": defined(accuracy(matrix)),
            "loss": self.loss / pixels if pixels else None,
        }
        return Evaluation(
            metrics,
            PerClass(name="iou", classes=list(self.classes), values=to_json_numbers(ious)),
            {"iou": scores.float().numpy()},
        )

    def _mean(self, values: Tensor) -> Tensor:
        """Return the foreground's value with two classes, otherwise the mean over the classes that occur."""
        return values[1] if len(self.classes) == 2 else values.nanmean()
