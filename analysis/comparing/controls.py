"""Evaluate the controls: which kinds a study has, and what they say about the explanation of a gain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ..frames import Study
from ..statistics import Block, PairedTest, paired_t_test, step_down
from .control_kinds import KINDS, OTHER_WIDTHS, Kind, has_other_width
from .family import CONTROLS, Family, main_family
from .gates import GateProbes
from .sentences import format_interval, format_p, format_signed
from .sites import SiteResult, compare_sites
from .verdicts import SEED, paired_differences

OTHER_ROLES = (*CONTROLS, "tuned")


class ControlComparison(NamedTuple):
    """An arm beside a control on a setting: the test of the paired differences arm - control, in points, and its p
    adjusted over all arms and settings that are compared with this control."""

    control: str
    arm: str
    setting: str
    paired: PairedTest
    adjusted: float


class Control(NamedTuple):
    """A kind of control, the question it answers, the study's arms of that kind, and what they showed.

    `run`: whether the study has it; `beyond`: the comparisons of other arms with it, where these are its purpose."""

    name: str
    question: str
    arms: tuple[str, ...]
    findings: tuple[str, ...]
    run: bool
    beyond: tuple[ControlComparison, ...] = ()


def evaluate_controls(study: Study, families: Sequence[Family], probes: GateProbes) -> list[Control]:
    """Return every kind of control, whether the study ran it or not."""
    main = main_family(families)
    kinds = [*KINDS]
    if any(has_other_width(arm) for arm in study.arms.values()):
        kinds.append(OTHER_WIDTHS)
    controls = [_evaluate_kind(kind, study, main) for kind in kinds]
    sites = compare_sites(study, main)
    return [*controls, _evaluate_reliance(probes), _evaluate_gates(probes), _evaluate_sites(sites)]


def _evaluate_kind(kind: Kind, study: Study, main: Family) -> Control:
    arms = tuple(label for label, arm in study.arms.items() if kind.matches(arm))
    comparisons: tuple[ControlComparison, ...] = ()
    if kind.compares_arms:
        comparisons = tuple(c for label in arms for c in _compare_with_control(label, study, main))
    verdicts = [
        f"{cell.arm} on {cell.setting}: {cell.verdict or 'no verdict'} ({format_signed(cell.paired.mean)})"
        for cell in main.cells
        if cell.arm in arms
    ]
    findings = (*verdicts, *_describe_comparisons(comparisons, main.alpha))
    return Control(kind.name, kind.question, arms, findings, bool(arms), comparisons)


def _compare_with_control(control: str, study: Study, main: Family) -> Iterator[ControlComparison]:
    """Compare the study's candidate arms with a control; a matched control only with the arm that it matches."""
    if control not in main.arms:
        return
    matched = study.arms[control].of
    arms = tuple(
        a for a in main.arms if a != control and main.roles.get(a) not in OTHER_ROLES and matched in (None, a)
    )
    if not arms:
        return
    blocks = [Block(paired_differences(main.scores[s], control, arms), arms) for s in main.settings]
    adjusted = step_down(blocks, np.random.default_rng(SEED)).adjusted
    for t, setting in enumerate(main.settings):
        for a, arm in enumerate(arms):
            test = paired_t_test(blocks[t].differences[:, a])
            yield ControlComparison(control, arm, setting, test, float(adjusted[t][a]))


def _describe_comparisons(comparisons: Sequence[ControlComparison], alpha: float) -> Iterator[str]:
    """Yield one sentence per control and setting: the arms that differ from it significantly."""
    groups: dict[tuple[str, str], list[ControlComparison]] = defaultdict(list)
    for comparison in comparisons:
        groups[comparison.control, comparison.setting].append(comparison)
    for (control, setting), group in groups.items():
        different = [
            f"{c.arm} {format_signed(c.paired.mean)}, {format_p(c.adjusted)}"
            for c in group
            if c.adjusted <= alpha + 1e-12
        ]
        none = "none of the other arms" if len(group) > 1 else f"not {group[0].arm}"
        yield f"significantly different from {control} on {setting}: {'; '.join(different) or none}"


def _evaluate_reliance(probes: GateProbes) -> Control:
    arms = tuple(dict.fromkeys(r.arm for r in probes.reliance))
    findings = tuple(f"{arm} loses {_describe_losses(arm, probes)}" for arm in arms)
    question = (
        "how many points does the trained network lose when every gate is fixed at its mean over images?"
    )
    return Control("gate reliance", question, arms, findings, bool(arms))


def _describe_losses(arm: str, probes: GateProbes) -> str:
    return ", ".join(
        f"{format_signed(r.lost.mean).lstrip('+')} {format_interval(r.lost)} on {r.setting}"
        for r in probes.reliance
        if r.arm == arm
    )


def _evaluate_gates(probes: GateProbes) -> Control:
    arms = tuple(dict.fromkeys(g.arm for g in probes.gates))
    findings = tuple(
        f"{arm}: {', '.join(_describe_input_shares(arm, probes))} of a gate's variance is over images"
        for arm in arms
    )
    question = "do the gates depend on their input at all?"
    return Control("gate statistics", question, arms, findings, bool(arms))


def _describe_input_shares(arm: str, probes: GateProbes) -> Iterator[str]:
    for setting in dict.fromkeys(g.setting for g in probes.gates if g.arm == arm):
        gates = probes.gates_of(arm, setting)
        low, high = (100 * pick(g.input_share for g in gates) for pick in (min, max))
        span = f"{low:.0f} %" if f"{low:.0f}" == f"{high:.0f}" else f"{low:.0f} to {high:.0f} %"
        constant = probes.constant_gates(arm, setting)
        which = "all gates" if len(constant) == len(gates) else ", ".join(g.plug for g in constant)
        yield f"{span} on {setting}" + (f" ({which} constant)" if constant else "")


def _evaluate_sites(sites: Sequence[SiteResult]) -> Control:
    findings = tuple(
        f"{s.arm} at {s.site} on {s.setting}: {s.verdict or 'no verdict'} ({format_signed(s.difference)})"
        for s in sites
    )
    arms = tuple(dict.fromkeys(s.arm for s in sites))
    return Control("sites", "does the site matter?", arms, findings, bool(arms))
