"""Calibration on a study's own runs."""

from pathlib import Path

import numpy as np

from analysis import frames
from analysis.calibration import calibrate, compare_with_itself, format_calibration, format_self_comparison
from analysis.comparing import Comparison, compare
from tests.test_analysis.synthetic_store import QUICK, Arm, make_study


def test_shuffled_labels_raise_no_more_alarms_than_promised(comparison: Comparison) -> None:
    result = calibrate(comparison.main, np.random.default_rng(0), shuffles=300)
    assert result.low <= 0.05
    assert result.rate <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)
    assert abs(sum(result.verdicts.values()) - 1) < 1e-12


def test_the_same_seed_prints_the_same_lines(comparison: Comparison) -> None:
    first, repeated = (calibrate(comparison.main, np.random.default_rng(3), shuffles=50) for _ in range(2))
    assert format_calibration(first) == format_calibration(repeated)
    assert "of 50 shuffled studies called some arm BETTER or WORSE" in format_calibration(first)[0]
    assert format_calibration(first)[0].endswith("the promised 5 % holds")


def test_a_broken_promise_is_called_that(comparison: Comparison) -> None:
    result = calibrate(comparison.main, np.random.default_rng(0), shuffles=20)
    broken = result._replace(false_alarms=10, low=0.3, high=0.7)
    assert format_calibration(broken)[0].endswith("does NOT hold")


def test_the_baseline_split_against_itself_rarely_gets_a_verdict(tmp_path: Path) -> None:
    arms = {"none": QUICK["none"], "narrow": QUICK["narrow"], "none again": Arm(0.0, "aa")}
    make_study(tmp_path, arms=arms, trials=0).close()
    family = compare(frames.read(tmp_path, "made")).main
    result = compare_with_itself(family, np.random.default_rng(0), repetitions=200)
    assert result is not None
    assert result.runs == {"classification": 12, "segmentation": 12}
    assert result.false_alarms <= 0.05 * 200 + 3 * np.sqrt(200 * 0.05 * 0.95)
    assert format_self_comparison(result).startswith(
        "main, the baseline against itself (12 runs on classification, 12 runs on"
    )
    assert abs(sum(result.verdicts.values()) - 1) < 1e-12


def test_a_study_without_an_aa_arm_is_not_split(comparison: Comparison) -> None:
    assert compare_with_itself(comparison.main, np.random.default_rng(0)) is None
