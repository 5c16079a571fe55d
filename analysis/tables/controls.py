"""Controls, and what the gates do, as tables."""

from __future__ import annotations

from ..comparing import Comparison
from ..comparing.controls import Beyond, Control
from ..comparing.gates import Gate, Reliance
from ..comparing.sentences import signed
from .number_format import p_cell
from .table import Column, Row, Table, Value

BEYOND = (
    Column("kind", "control"),
    Column("control", "control arm"),
    Column("setting", "setting"),
    Column("arm", "arm"),
    Column("difference", "arm − control", True, "mean paired difference, points"),
    Column("interval", "95 % interval"),
    Column("p", "adj. p", True, "adjusted over all arms and settings beside this control"),
)
GATES = (
    Column("setting", "setting"),
    Column("arm", "arm"),
    Column("plug", "gate"),
    Column("mean", "mean", True, "median over runs of the gate's mean"),
    Column("sd", "sd", True, "over images, channels and places"),
    Column("share", "over images, %", True, "share of the gate's variance that depends on the image"),
    Column("saturated", "saturated, %", True, "sigmoid outputs within 0.01 of an edge"),
    Column("constant", "constant", False, "runs in which the gate hardly depends on the image"),
)
RELIANCE = (
    Column("setting", "setting"),
    Column("arm", "arm"),
    Column("n", "n", True),
    Column("lost", "lost", True, "points lost when every gate is fixed at its mean over images"),
    Column("interval", "95 % interval"),
)


def control_table(comparison: Comparison) -> Table:
    """Every proper arm beside every control that it should be told from."""
    rows = [_beyond(control, one) for control in comparison.controls for one in control.beyond]
    caption = (
        "Paired differences from each control in points, not from the baseline. p: joint sign-flip step-down over all "
        f"arms and settings beside that control, level {comparison.main.alpha:g}; interval: Student t, 95 %."
    )
    return Table("controls", "Arms beside controls", caption, BEYOND, tuple(rows))


def gate_table(comparison: Comparison) -> Table:
    """Every probed gate."""
    caption = (
        "Medians over runs, on 64 test images chosen by a hash, the same for all arms. A gate is constant where its "
        "deviation over images is under 1 % of its mean."
    )
    return Table("gates", "Gates", caption, GATES, tuple(_gate(g) for g in comparison.gates.gates))


def reliance_table(comparison: Comparison) -> Table:
    """What each trained network loses without its gates' dependence on the image."""
    caption = (
        "Test points lost when every gate (or what a module adds) is fixed at its mean over images, without training "
        "again; mean over seeds, Student t, 95 %. Near 0: the network does not rely on looking."
    )
    rows = tuple(_reliance(r) for r in comparison.gates.reliance)
    return Table("reliance", "Gate reliance", caption, RELIANCE, rows)


def _beyond(control: Control, one: Beyond) -> Row:
    raw: dict[str, Value] = {
        "kind": control.name,
        "control": one.control,
        "setting": one.setting,
        "arm": one.arm,
        "pairs": one.paired.n,
        "difference": one.paired.mean,
        "low": one.paired.low,
        "high": one.paired.high,
        "adjusted_p": one.adjusted,
    }
    shown = {
        "kind": control.name,
        "control": one.control,
        "setting": one.setting,
        "arm": one.arm,
        "difference": signed(one.paired.mean),
        "interval": f"{signed(one.paired.low)} to {signed(one.paired.high)}",
        "p": p_cell(one.adjusted),
    }
    return Row(raw, shown, part=f"{one.control} {one.setting}")


def _gate(gate: Gate) -> Row:
    shown = {
        "setting": gate.setting,
        "arm": gate.arm,
        "plug": gate.plug,
        "mean": f"{gate.mean:.3f}",
        "sd": f"{gate.sd:.3f}",
        "share": _percent(gate.input_share),
        "saturated": _percent(gate.saturated),
        "constant": f"{gate.constant} of {gate.runs}",
    }
    return Row(dict(gate._asdict()), shown, part=f"{gate.setting} {gate.arm}")


def _reliance(one: Reliance) -> Row:
    raw: dict[str, Value] = {
        "setting": one.setting,
        "arm": one.arm,
        "n": one.lost.n,
        "lost": one.lost.mean,
        "low": one.lost.low,
        "high": one.lost.high,
    }
    shown = {
        "setting": one.setting,
        "arm": one.arm,
        "n": str(one.lost.n),
        "lost": signed(one.lost.mean),
        "interval": f"{signed(one.lost.low)} to {signed(one.lost.high)}",
    }
    return Row(raw, shown, part=one.setting)


def _percent(share: float) -> str:
    return "–" if share != share else f"{100 * share:.1f}"
