"""The tables of controls, gates and gate reliance."""

import numpy as np
import pytest

from analysis.comparing import Comparison
from analysis.comparing.controls import Control, ControlComparison
from analysis.comparing.gates import Gate, GateProbes, Reliance
from analysis.statistics import paired_t_test
from analysis.tables.controls import build_control_table, build_gate_table, build_reliance_table

TEST = paired_t_test(np.array([1.0, 2.0, 3.0]))  # mean 2, interval 2 -+ 4.3027 / sqrt(3)


def test_an_arm_beside_a_control_has_its_difference_from_the_control(comparison: Comparison) -> None:
    pair = ControlComparison("constant", "se", "a", TEST, 0.04)
    control = Control("constant gate", "?", ("constant",), (), True, (pair,))
    (row,) = build_control_table(comparison._replace(controls=[control])).rows
    assert row.texts == {
        "kind": "constant gate",
        "control": "constant",
        "setting": "a",
        "arm": "se",
        "difference": "+2.00",
        "interval": "−0.48 to +4.48",
        "p": "0.040",
    }
    assert (row.values["pairs"], row.values["adjusted_p"]) == (3, 0.04)
    assert row.values["high"] == pytest.approx(2 + 4.302653 / 3**0.5)


def test_a_gate_has_percentages_and_a_dash_without_a_sigmoid(comparison: Comparison) -> None:
    gate = Gate("se", "a", "layer1", 6, 0.5, 0.1, 0.256, float("nan"), 2)
    (row,) = build_gate_table(comparison._replace(gates=GateProbes((gate,), ()))).rows
    assert [row.texts[key] for key in ("mean", "sd", "share", "saturated", "constant")] == [
        "0.500",
        "0.100",
        "25.6",
        "–",
        "2 of 6",
    ]
    assert row.values["input_share"] == 0.256


def test_reliance_is_the_loss_with_its_interval(comparison: Comparison) -> None:
    probes = GateProbes((), (Reliance("se", "a", TEST),))
    (row,) = build_reliance_table(comparison._replace(gates=probes)).rows
    assert (row.texts["n"], row.texts["lost"], row.texts["interval"]) == ("3", "+2.00", "−0.48 to +4.48")
    assert set(row.values) == {"setting", "arm", "n", "lost", "low", "high"}
