"""Learning curves and gain curves, against numpy and scipy."""

import numpy as np
import pytest
from scipy import stats

from analysis.comparing import Comparison
from analysis.frames import StudyRecord


def epoch_values(record: StudyRecord, arm: str, epoch: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return an arm's validation accuracies on `classification` after an epoch, in points by seed."""
    runs, curves = record.current_runs, record.curves
    here = runs[(runs["arm"] == arm) & (runs["setting"] == "classification")].sort_values("seed")
    rows = curves[(curves["epoch"] == epoch) & (curves["metric"] == "validation/accuracy")].set_index("key")
    return np.array([100 * rows.loc[key, "value"] for key in here["key"]])


def test_a_curve_is_the_mean_over_seeds_with_a_t_band(comparison: Comparison) -> None:
    curve = next(c for c in comparison.curves if (c.arm, c.setting) == ("cse", "classification"))
    assert curve.epochs == (1, 2, 3, 4, 5)
    values = epoch_values(comparison.record, "cse", 3)
    low, high = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
    assert (curve.mean[2], curve.low[2], curve.high[2]) == pytest.approx((values.mean(), low, high))


def test_a_gain_curve_is_paired_by_seed(comparison: Comparison) -> None:
    gain = next(c for c in comparison.gains if (c.arm, c.setting) == ("cse", "classification"))
    values = epoch_values(comparison.record, "cse", 5) - epoch_values(comparison.record, "none", 5)
    low, high = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
    assert (gain.mean[-1], gain.low[-1], gain.high[-1]) == pytest.approx((values.mean(), low, high))


def test_the_baseline_has_no_gain_curve(comparison: Comparison) -> None:
    assert "none" in {c.arm for c in comparison.curves}
    assert "none" not in {c.arm for c in comparison.gains}
