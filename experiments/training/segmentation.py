"""One class a pixel: cross-entropy + Dice loss; IoU (primary), Dice, pixel accuracy.

With two classes IoU and Dice are the foreground's; with more, the mean over classes that occur in truth or
prediction. One confusion matrix over the whole split, not a mean of images' scores.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from ..config.run_result import PerClass
from ..config.run_spec import PRIMARY
from . import metrics as evaluation
from .metrics import Evaluation

NO_IGNORED_VALUE = -100


class Segmentation:
    """Objective on logits (B, classes, H, W) and targets (B, H, W)."""

    primary = PRIMARY["segmentation"]

    def __init__(
        self,
        classes: tuple[str, ...],
        *,
        ignore_index: int | None,
        dice: float = 1.0,
        label_smoothing: float = 0.0,
    ) -> None:
        self.classes = classes
        self.ignored = ignore_index
        self.ignore = NO_IGNORED_VALUE if ignore_index is None else ignore_index
        self.dice = dice
        self.label_smoothing = label_smoothing

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        targets = targets.long()
        pixels = F.cross_entropy(
            logits, targets, ignore_index=self.ignore, label_smoothing=self.label_smoothing, reduction="none"
        )  # torch has no deterministic kernel on graphics cards for the mean of a mask's pixels
        loss = pixels.sum() / (targets != self.ignore).sum().clamp(min=1)
        return loss + self.dice * dice_loss(logits, targets, self.ignore) if self.dice else loss

    def tally(self) -> "SegmentationTally":
        return SegmentationTally(self.classes, self.ignore)


def dice_loss(logits: Tensor, targets: Tensor, ignore: int) -> Tensor:
    """1 - the soft Dice of the foreground classes (all but class 0) that occur in the batch (Milletari et al. 2016).

    Cross-entropy alone learns all background where the foreground is small. Squares are left out of the
    denominator; one Dice a class over the whole batch.
    """
    counted = (targets != ignore).unsqueeze(1)
    likely = logits.float().softmax(1) * counted
    classes = torch.arange(logits.shape[1], device=logits.device).view(1, -1, 1, 1)
    truth = ((targets.unsqueeze(1) == classes) & counted).float()
    overlap, size = (likely * truth).sum((0, 2, 3)), (likely + truth).sum((0, 2, 3))
    present = truth.sum((0, 2, 3))[1:] > 0
    scores = (2 * overlap[1:] + 1) / (size[1:] + 1)
    return torch.where(present, 1 - scores, 0).sum() / present.sum().clamp(min=1)


class SegmentationTally:
    """One confusion matrix over the split, and each image's score."""

    def __init__(self, classes: tuple[str, ...], ignore: int) -> None:
        self.classes = classes
        self.ignore = ignore
        self.matrices: list[Tensor] = []
        self.loss = 0.0

    def add(self, logits: Tensor, targets: Tensor) -> None:
        """logits (B, classes, H, W), targets (B, H, W)."""
        targets = targets.long()
        pixels = F.cross_entropy(logits.float(), targets, ignore_index=self.ignore, reduction="none")
        self.loss += float(pixels.sum())
        predicted, truth = logits.argmax(1).cpu(), targets.cpu()
        self.matrices.append(
            evaluation.confusion_matrices(predicted, truth, len(self.classes), ignore=self.ignore)
        )

    def evaluation(self) -> Evaluation:
        matrices = torch.cat(self.matrices)
        matrix = matrices.sum(0)
        ious = evaluation.intersection_over_union(matrix)
        scores = torch.stack([self._mean(evaluation.intersection_over_union(one)) for one in matrices])
        metrics = {
            "iou": float(self._mean(ious)),
            "dice": float(self._mean(evaluation.dice_score(matrix))),
            "pixel_accuracy": evaluation.accuracy(matrix),
            "loss": self.loss / int(matrix.sum()),
        }
        return Evaluation(
            metrics,
            PerClass(name="iou", classes=list(self.classes), values=evaluation.to_json_numbers(ious)),
            {"iou": scores.float().numpy()},
        )

    def _mean(self, values: Tensor) -> Tensor:
        return values[1] if len(self.classes) == 2 else values.nanmean()
