"""Behaviors of torchmetrics, statsmodels and scipy in docs/surprises.md: a version that changes one fails here."""

import numpy as np
import pytest
import torch
from scipy.stats import wilcoxon
from statsmodels.stats.multitest import multipletests
from torchmetrics.functional.classification import multiclass_calibration_error, multiclass_jaccard_index
from torchmetrics.functional.segmentation import mean_iou

from experiments.training.classification import expected_calibration_error

PREDICTED, TRUTH = torch.tensor([[[0, 0], [1, 1]]]), torch.tensor([[[0, 0], [1, 0]]])


def test_a_class_that_occurs_nowhere_has_minus_one_in_one_metric_and_zero_in_another() -> None:
    each = mean_iou(PREDICTED, TRUTH, num_classes=4, per_class=True, input_format="index")
    assert each[0].tolist() == pytest.approx([2 / 3, 1 / 2, -1, -1])
    jaccard = multiclass_jaccard_index(PREDICTED, TRUTH, 4, average="none")
    assert jaccard.tolist() == pytest.approx([2 / 3, 1 / 2, 0, 0])
    assert float(multiclass_jaccard_index(PREDICTED, TRUTH, 4)) == pytest.approx(7 / 12)


def test_mean_iou_is_a_mean_over_images() -> None:
    """One image is all foreground and found; of the other, one pixel of sixteen is foreground and missed."""
    truth = torch.stack([torch.ones(4, 4, dtype=torch.long), torch.zeros(4, 4, dtype=torch.long)])
    truth[1, 0, 0] = 1
    predicted = truth.clone()
    predicted[1] = 0
    each = mean_iou(predicted, truth, num_classes=2, input_format="index")
    assert each.tolist() == pytest.approx([1.0, (15 / 16 + 0) / 2])
    whole = multiclass_jaccard_index(predicted, truth, 2)
    assert float(whole) == pytest.approx((15 / 16 + 16 / 17) / 2)


def test_a_confidence_of_exactly_one_has_a_bin_of_its_own() -> None:
    likely = torch.tensor([[1.0, 0.0], [0.95, 0.05], [1.0, 0.0], [0.95, 0.05]])
    truth = torch.tensor([0, 0, 1, 0])
    theirs = multiclass_calibration_error(likely, truth, num_classes=2, n_bins=10)
    assert float(theirs) == pytest.approx(abs(1.0 - 0.5) / 2 + abs(0.95 - 1.0) / 2)
    ours = expected_calibration_error(likely.max(1).values, likely.argmax(1) == truth)
    assert ours == pytest.approx(abs(0.975 - 0.75), abs=1e-6)


def test_a_missing_p_value_is_counted_and_rejected_by_holm_and_makes_others_missing() -> None:
    rejected, adjusted, *_ = multipletests([0.01, np.nan], method="holm")
    assert rejected.tolist() == [True, True]
    assert adjusted.tolist() == pytest.approx([0.02, np.nan], nan_ok=True)
    for method in ("fdr_bh", "fdr_by", "hommel"):
        assert np.isnan(multipletests([0.01, 0.04, np.nan], method=method)[1]).all()


def test_a_further_positive_pair_with_a_tie_raises_wilcoxons_p() -> None:
    differences = np.arange(1.0, 14.0)
    assert wilcoxon(differences).pvalue == pytest.approx(2 / 2**13)
    assert wilcoxon(np.append(differences, 14.0)).pvalue == pytest.approx(2 / 2**14)
    assert wilcoxon(np.append(differences, 13.0)).pvalue == pytest.approx(0.00098, abs=1e-5)
