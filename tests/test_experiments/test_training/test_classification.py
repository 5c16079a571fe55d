"""Classification's metrics against torchmetrics, whatever the batch size."""

import pytest
import torch
from torch.nn import functional as F
from torchmetrics.functional.classification import (
    multiclass_accuracy,
    multiclass_calibration_error,
    multiclass_recall,
)

from experiments.training.classification import Classification, expected_calibration_error
from experiments.training.metrics import Evaluation

CLASSES = tuple("abcde")


def made(count: int = 500, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits that are right more often than not, and their targets."""
    generator = torch.Generator().manual_seed(seed)
    targets = torch.randint(0, 5, (count,), generator=generator)
    return 2 * torch.randn(count, 5, generator=generator) + 2 * F.one_hot(targets, 5), targets


def evaluated(logits: torch.Tensor, targets: torch.Tensor, *, batch: int = 64) -> Evaluation:
    tally = Classification(CLASSES).tally()
    for start in range(0, len(targets), batch):
        tally.add(logits[start : start + batch], targets[start : start + batch])
    return tally.evaluation()


@pytest.mark.parametrize("seed", range(3))
def test_the_metrics_are_torchmetrics(seed: int) -> None:
    logits, targets = made(seed=seed)
    metrics = evaluated(logits, targets).metrics
    likely = logits.softmax(1)
    assert metrics["accuracy"] == pytest.approx(
        float(multiclass_accuracy(logits, targets, 5, average="micro"))
    )
    assert metrics["ece"] == pytest.approx(
        float(multiclass_calibration_error(likely, targets, 5, n_bins=15)), abs=1e-6
    )
    assert metrics["loss"] == pytest.approx(float(F.cross_entropy(logits, targets)), rel=1e-6)


def test_each_class_has_its_recall_and_one_without_examples_has_none() -> None:
    logits, targets = made()
    kept = targets != 2
    per_class = evaluated(logits[kept], targets[kept]).per_class
    assert (per_class.name, per_class.classes) == ("recall", list(CLASSES))
    expected = multiclass_recall(logits[kept], targets[kept], 5, average="none").tolist()
    assert per_class.values[2] is None
    for label in (0, 1, 3, 4):
        assert per_class.values[label] == pytest.approx(expected[label])


@pytest.mark.parametrize("batch", [1, 7, 500])
def test_the_batches_do_not_matter(batch: int) -> None:
    logits, targets = made()
    one, other = evaluated(logits, targets), evaluated(logits, targets, batch=batch)
    assert other.metrics == pytest.approx(one.metrics, rel=1e-6)
    assert (other.per_example["correct"] == one.per_example["correct"]).all()


def test_every_example_keeps_whether_it_was_right() -> None:
    logits, targets = made()
    kept = evaluated(logits, targets).per_example
    assert (torch.from_numpy(kept["correct"]) == (logits.argmax(1) == targets)).all()
    assert (torch.from_numpy(kept["predicted"]) == logits.argmax(1)).all()


def test_calibration_counts_a_bins_upper_edge_with_the_bin() -> None:
    confidence = torch.tensor([1.0, 1.0, 0.6, 0.6])
    correct = torch.tensor([True, True, True, False])
    assert expected_calibration_error(confidence, correct) == pytest.approx((2 * 0 + 2 * 0.1) / 4)
    assert expected_calibration_error(torch.zeros(2), torch.tensor([False, False])) == 0.0


def test_the_loss_is_cross_entropy_smoothed_by_the_recipe() -> None:
    logits, targets = made()
    one_hot = 0.8 * F.one_hot(targets, 5) + 0.2 / 5
    expected = -(one_hot * logits.log_softmax(1)).sum(1).mean()
    assert torch.allclose(Classification(CLASSES, label_smoothing=0.2).loss(logits, targets), expected)
