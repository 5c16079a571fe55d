"""The tables of controls, gates and gate reliance."""

from __future__ import annotations

from ..comparing import Comparison
from ..comparing.controls import Control, ControlComparison
from ..comparing.gates import Gate, Reliance
from ..comparing.sentences import format_range, format_signed
from .number_format import format_number, format_p_value
from .table import Column, Row, Table, Value

CONTROLS = (
    Column("kind", "control"),
    Column("control", "control arm"),
    Column("setting", "setting"),
    Column("arm", "arm"),
    Column("difference", "arm − control", True, "mean paired difference, points"),
    Column("interval", "95 % interval"),
    Column("p", "adj. p", True, "adjusted over all arms and settings compared with this control"),
)
GATES = (
    Column("setting", "setting"),
    Column("arm", "arm"),
    Column("plug", "gate"),
    Column("mean", "mean", True, "median over runs of the gate's mean"),
    Column("sd", "sd", True, "over images, channels and positions"),
    Column("share", "over images, %", True, "share of the gate's variance that depends on the image"),
    Column("saturated", "saturated, %", True, "sigmoid outputs within 0.01 of 0 or 1"),
    Column("constant", "constant", False, "runs in which the gate hardly depends on the image"),
)
RELIANCE = (
    Column("setting", "setting"),
    Column("arm", "arm"),
    Column("n", "n", True),
    Column("lost", "lost", True, "points lost when every gate is fixed at its mean over images"),
    Column("interval", "95 % interval"),
)


def build_control_table(comparison: Comparison) -> Table:
    """Build the table of every arm beside every control that a gain has to beat."""
    rows = [_control_row(control, c) for control in comparison.controls for c in control.beyond]
    caption = (
        "Paired differences from each control in points, not from the baseline. p: joint sign-flip step-down over all "
        f"arms and settings compared with that control, level {comparison.main.alpha:g}; interval: Student t, 95 %."
    )
    return Table("controls", "Arms beside controls", caption, CONTROLS, tuple(rows))


def build_gate_table(comparison: Comparison) -> Table:
    """Build the table of every probed gate."""
    caption = (
        "Medians over runs, on 64 test images chosen by a hash, the same for all arms. A gate is constant where its "
        "standard deviation over images is under 1 % of its mean."
    )
    return Table("gates", "Gates", caption, GATES, tuple(_gate_row(g) for g in comparison.gates.gates))


def build_reliance_table(comparison: Comparison) -> Table:
    """Build the table of what each trained network loses without its gates' dependence on the image."""
    caption = (
        "Test points lost when every gate (or what a module adds) is fixed at its mean over images, without "
        "retraining; mean over seeds, Student t, 95 %. Near 0: the network does not rely on the gates' dependence on "
        "the image."
    )
    rows = tuple(_reliance_row(r) for r in comparison.gates.reliance)
    return Table("reliance", "Gate reliance", caption, RELIANCE, rows)


def _control_row(control: Control, comparison: ControlComparison) -> Row:
    test = comparison.paired
    labels = {
        "kind": control.name,
        "control": comparison.control,
        "setting": comparison.setting,
        "arm": comparison.arm,
    }
    values: dict[str, Value] = {
        **labels,
        "pairs": test.n,
        "difference": test.mean,
        "low": test.low,
        "high": test.high,
        "adjusted_p": comparison.adjusted,
    }
    texts = {
        **labels,
        "difference": format_signed(test.mean),
        "interval": format_range(test.low, test.high),
        "p": format_p_value(comparison.adjusted),
    }
    return Row(values, texts, block=f"{comparison.control} {comparison.setting}")


def _gate_row(gate: Gate) -> Row:
    texts = {
        "setting": gate.setting,
        "arm": gate.arm,
        "plug": gate.plug,
        "mean": f"{gate.mean:.3f}",
        "sd": f"{gate.sd:.3f}",
        "share": format_number(100 * gate.input_share, 1),
        "saturated": format_number(100 * gate.saturated, 1),
        "constant": f"{gate.constant} of {gate.runs}",
    }
    return Row(dict(gate._asdict()), texts, block=f"{gate.setting} {gate.arm}")


def _reliance_row(reliance: Reliance) -> Row:
    lost = reliance.lost
    labels = {"setting": reliance.setting, "arm": reliance.arm}
    values: dict[str, Value] = {**labels, "n": lost.n, "lost": lost.mean, "low": lost.low, "high": lost.high}
    texts = {
        **labels,
        "n": str(lost.n),
        "lost": format_signed(lost.mean),
        "interval": format_range(lost.low, lost.high),
    }
    return Row(values, texts, block=reliance.setting)
