"""The figure of gate shares: the lines it draws."""

from collections.abc import Mapping

import pytest
from matplotlib.colors import to_hex

from analysis.comparing.gates import Gate
from analysis.figures import WIDE, ArmStyle
from analysis.figures.gates import draw_gate_shares

from .artists import texts, ys


def gate(arm: str, plug: str, share: float, setting: str = "a") -> Gate:
    return Gate(arm, setting, plug, 6, 0.5, 0.1, share, 0.0, 0)


GATES = [
    gate("better", "layer1", 0.6),
    gate("better", "layer2", 0.2),
    gate("worse", "layer1", 0.0),
    gate("worse", "layer2", 0.1),
    gate("better", "layer1", 0.5, "b"),
]


def test_shares_are_percent_by_plug_in_the_arms_colors(styles: Mapping[str, ArmStyle]) -> None:
    first, second = draw_gate_shares(GATES, styles, width=WIDE).axes
    lines = {to_hex(line.get_color()): ys(line) for line in first.lines if len(ys(line))}
    assert lines[styles["better"].color] == pytest.approx([60.0, 20.0])
    assert lines[styles["worse"].color] == pytest.approx([0.0, 10.0])
    assert texts(first.get_xticklabels()) == ["layer1", "layer2"]
    assert texts(second.get_xticklabels()) == ["layer1"]


def test_arms_without_gates_are_not_in_the_legend(styles: Mapping[str, ArmStyle]) -> None:
    (legend,) = draw_gate_shares(GATES, styles, width=WIDE).legends
    assert texts(legend.get_texts()) == ["worse", "better"]
