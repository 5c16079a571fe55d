"""Cautions about controls: missed or missing positive controls and placebos, A/A false alarms, constant gates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from experiments.config.study_plan import PlannedArm

from ...frames import StudyRecord
from ..family import Family
from ..gates import GateProbes
from .caution import Caution

PLACEBOS = ("constant", "shuffled", "frozen")


def check_positive_controls(record: StudyRecord, families: list[Family]) -> Iterator[Caution]:
    """Yield a caution for a positive control that is missing, unfinished or missed."""
    controls = record.study.arms_with_role("positive_control")
    topic = "positive control"
    if not controls:
        text = "no positive control was run: nothing shows that this pipeline would detect a real effect"
        yield Caution("warning", topic, text)
    for cell in (cell for family in families for cell in family.cells if cell.arm in controls):
        expected = record.study.arms[cell.arm].expect
        if expected and cell.verdict is None:
            text = f"{cell.arm} has no verdict yet on {cell.setting}: too few of its runs are finished"
            yield Caution("warning", topic, text)
        elif expected and cell.verdict != expected:
            text = (
                f"{cell.arm} was expected to be {expected} on {cell.setting} and is {cell.verdict}: this study misses "
                "a known effect, so its other verdicts on that setting mean little"
            )
            yield Caution("alarm", topic, text)


def check_false_alarms(record: StudyRecord, families: list[Family]) -> Iterator[Caution]:
    """Yield an alarm for every A/A arm that got a verdict against its own baseline."""
    copies = record.study.arms_with_role("aa")
    for cell in (cell for family in families for cell in family.cells):
        if cell.arm in copies and cell.verdict in ("BETTER", "WORSE"):
            text = f"{cell.arm} repeats the baseline and got {cell.verdict} on {cell.setting}: a false alarm"
            yield Caution("alarm", "A/A", text)


def check_placebo(record: StudyRecord) -> Iterator[Caution]:
    """Yield a warning for a study without a placebo gate."""
    modules = {arm.module for arm in record.study.arms.values()}
    if not any(str(m).startswith(PLACEBOS) for m in modules):
        text = "no placebo (constant, shuffled or frozen gate) was run: any gate might gain the same"
        yield Caution("warning", "placebo", text)


def check_constant_gates(record: StudyRecord, probes: GateProbes) -> Iterator[Caution]:
    """Yield one warning per arm whose gates became constant: a fixed factor, whatever the module is called."""
    settings_by_arm: dict[tuple[str, str], list[str]] = defaultdict(list)
    for arm, setting in dict.fromkeys((g.arm, g.setting) for g in probes.gates):
        constant = probes.constant_gates(arm, setting)
        count = len(probes.gates_of(arm, setting))
        if constant and record.study.arms.get(arm, PlannedArm()).role == "arm":
            plugs = ", ".join(gate.plug for gate in constant)
            which = "all its gates" if len(constant) == count else f"of its {count} gates {plugs}"
            settings_by_arm[arm, which].append(setting)
    for (arm, which), settings in settings_by_arm.items():
        text = (
            f"{arm} on {', '.join(settings)}: {which} became constant in every run: they hardly depend on the image, "
            "so that a fixed factor would do the same"
        )
        yield Caution("warning", "constant gate", text)
