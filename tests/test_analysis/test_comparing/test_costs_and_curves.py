import pytest

from analysis.comparing import Comparison


def test_costs_are_told_against_the_baseline(comparison: Comparison) -> None:
    costs = {(c.arm, c.setting): c for c in comparison.costs}
    assert costs["none", "classification"].more_macs == 0
    cse = costs["cse", "classification"]
    assert cse.more_parameters == pytest.approx(100 * 11_000 / 484_000)
    assert cse.more_latency == pytest.approx(11, abs=3)  # made 11 % slower, measured with noise


def test_curves_are_means_over_seeds_with_a_t_band(comparison: Comparison) -> None:
    curve = next(c for c in comparison.curves if (c.arm, c.setting) == ("cse", "classification"))
    assert curve.epochs == (1, 2, 3, 4, 5)
    assert list(curve.mean) == sorted(curve.mean)
    assert all(low < mean < high for low, mean, high in zip(curve.low, curve.mean, curve.high, strict=True))


def test_gains_over_training_are_paired_by_seed(comparison: Comparison) -> None:
    gain = next(c for c in comparison.gains if (c.arm, c.setting) == ("cse", "classification"))
    curves = {c.arm: c for c in comparison.curves if c.setting == "classification"}
    differences = [a - b for a, b in zip(curves["cse"].mean, curves["none"].mean, strict=True)]
    assert gain.mean == pytest.approx(differences)
    width, plain = gain.high[-1] - gain.low[-1], curves["cse"].high[-1] - curves["cse"].low[-1]
    assert 0 < width < 2 * plain
    assert "none" not in {c.arm for c in comparison.gains}


def test_the_origin_comes_from_the_records(comparison: Comparison) -> None:
    origin = comparison.provenance
    assert origin.runs == {"finished": 108}
    assert origin.trials == {"finished": 32}
    assert origin.facts["packages"] == ("timm 1.0.31", "torch 2.13.0")
    assert origin.first == origin.last == "2026-01-02T03:04:05+00:00"
