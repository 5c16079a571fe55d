"""Controls test the explanation: which were run, and what they say about the arms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..frames import Study
from ..statistics import Block, Paired, paired, step_down
from ..statistics.paired import FloatArray
from .gates import Gates
from .sentences import p_text, signed
from .sites import Place, sites
from .verdicts import CONTROLS, SEED, Family

ArmRow = Mapping[str, Any]
OTHER_ROLES = (*CONTROLS, "tuned")


class Beyond(NamedTuple):
    """An arm beside a control on a setting: paired difference arm - control, points, and its p, adjusted over all
    arms and settings that this control is compared with."""

    control: str
    arm: str
    setting: str
    paired: Paired
    adjusted: float


class Control(NamedTuple):
    """A kind of control, the question it answers, the study's arms of that kind, and what they showed.

    `run`: whether the study has it; `beyond`: the arms beside it, where that comparison is its point."""

    name: str
    question: str
    arms: tuple[str, ...]
    findings: tuple[str, ...]
    run: bool
    beyond: tuple[Beyond, ...] = ()


class Kind(NamedTuple):
    """How to know a kind of control among a study's arms; `beside`: the arms must be told from it to count."""

    name: str
    question: str
    matches: Callable[[ArmRow], bool]
    beside: bool = False


def _module(*starts: str) -> Callable[[ArmRow], bool]:
    return lambda arm: str(arm.get("module", "")).startswith(starts)


def _matched(what: str) -> Callable[[ArmRow], bool]:
    return lambda arm: arm.get("matched") == what


def _other_width(arm: ArmRow) -> bool:
    return arm.get("role") == "control" and not arm.get("matched") and float(arm.get("width") or 1.0) != 1.0


KINDS = (
    Kind(
        "positive control",
        "does the pipeline see an effect that is known to be there?",
        lambda arm: arm.get("role") == "positive_control",
    ),
    Kind(
        "A/A", "does the baseline against itself stay without a verdict?", lambda arm: arm.get("role") == "aa"
    ),
    Kind("constant gate", "does the gate need to look at its input?", _module("constant"), True),
    Kind("shuffled gate", "does the gate need to come from the same image?", _module("shuffled"), True),
    Kind("frozen gate", "does the gate need to be trained?", _module("frozen"), True),
    Kind(
        "mean gate",
        "does it need to look at the image when tested, once trained?",
        _module("mean_gate"),
        True,
    ),
    Kind("scale only", "is it the scaling of activations alone?", _module("scale"), True),
    Kind(
        "parameter-free gate",
        "do learned gate weights matter?",
        _module("parameter_free", "sigmoid", "simam"),
        True,
    ),
    Kind("matched parameters", "would as many parameters do as much in width?", _matched("params"), True),
    Kind("matched MACs", "would as many multiply-adds do as much in width?", _matched("macs"), True),
)
WIDTHS = Kind("other widths", "what does width alone do?", _other_width)


def controls(study: Study, families: Sequence[Family], probed: Gates) -> list[Control]:
    """Every kind, run or not, in the order in which a reader asks."""
    main = next((f for f in families if f.role == "main"), families[0])
    found = [_control(kind, study, main) for kind in KINDS]
    if any(_other_width(arm) for arm in study.arms.values()):
        found.append(_control(WIDTHS, study, main))
    return [*found, _reliance(probed), _statistics(probed), _sites(sites(study, main))]


def _control(kind: Kind, study: Study, main: Family) -> Control:
    arms = tuple(label for label, arm in study.arms.items() if kind.matches(arm))
    beyond = tuple(one for label in arms for one in _beyond(label, study, main)) if kind.beside else ()
    verdicts = [
        f"{cell.arm} on {cell.setting}: {cell.word or 'no verdict'} ({signed(cell.paired.mean)})"
        for cell in main.cells
        if cell.arm in arms
    ]
    return Control(
        kind.name, kind.question, arms, (*verdicts, *_told(beyond, main.alpha)), bool(arms), beyond
    )


def _beyond(control: str, study: Study, main: Family) -> Iterator[Beyond]:
    """The study's proper arms beside one control; a matched control is compared with the arm that it matches."""
    if control not in main.arms:
        return
    of = study.arms[control].get("of")
    arms = tuple(
        a
        for a in main.arms
        if a != control and main.roles.get(a) not in OTHER_ROLES and (of is None or a == of)
    )
    if not arms:
        return
    tables = [main.scores[s] for s in main.settings]
    blocks = [Block(_less(table, arms, control), arms) for table in tables]
    adjusted = step_down(blocks, np.random.default_rng(SEED)).adjusted
    for t, setting in enumerate(main.settings):
        for a, arm in enumerate(arms):
            one = paired(blocks[t].differences[:, a])
            yield Beyond(control, arm, setting, one, float(adjusted[t][a]))


def _less(table: pd.DataFrame, arms: Sequence[str], control: str) -> FloatArray:
    differences: FloatArray = table[list(arms)].to_numpy(np.float64) - table[[control]].to_numpy(np.float64)
    return differences


def _told(beyond: Sequence[Beyond], alpha: float) -> Iterator[str]:
    """One sentence a control and setting: which arms do more than it, or less."""
    places: dict[tuple[str, str], list[Beyond]] = defaultdict(list)
    for one in beyond:
        places[one.control, one.setting].append(one)
    for (control, setting), ones in places.items():
        told = [
            f"{b.arm} {signed(b.paired.mean)}, {p_text(b.adjusted)}"
            for b in ones
            if b.adjusted <= alpha + 1e-12
        ]
        others = "none of the other arms" if len(ones) > 1 else f"{ones[0].arm} is not"
        yield f"told from {control} on {setting}: {'; '.join(told) or others}"


def _reliance(probed: Gates) -> Control:
    """By arm, what is lost on each setting."""
    arms = tuple(dict.fromkeys(r.arm for r in probed.reliance))
    found = [
        f"{arm} loses "
        + ", ".join(
            f"{signed(r.lost.mean).lstrip('+')} [{signed(r.lost.low)}, {signed(r.lost.high)}] on {r.setting}"
            for r in probed.reliance
            if r.arm == arm
        )
        for arm in arms
    ]
    question = (
        "how many points does the trained network lose when every gate is fixed at its mean over images?"
    )
    return Control("gate reliance", question, arms, tuple(found), bool(found))


def _statistics(probed: Gates) -> Control:
    """By arm, how much of its gates depends on the image, and which of them have become constant."""
    arms = tuple(dict.fromkeys(g.arm for g in probed.gates))
    found = [f"{arm}: {', '.join(_looking(arm, probed))} of a gate's variance is over images" for arm in arms]
    question = "do the gates look at their input at all?"
    return Control("gate statistics", question, arms, tuple(found), bool(found))


def _looking(arm: str, probed: Gates) -> Iterator[str]:
    for setting in dict.fromkeys(g.setting for g in probed.gates if g.arm == arm):
        here = [g for g in probed.gates if (g.arm, g.setting) == (arm, setting)]
        low, high = (100 * pick(g.input_share for g in here) for pick in (min, max))
        span = f"{low:.0f} %" if f"{low:.0f}" == f"{high:.0f}" else f"{low:.0f} to {high:.0f} %"
        constant = probed.constant(arm, setting)
        which = "all gates" if len(constant) == len(here) else ", ".join(g.plug for g in constant)
        yield f"{span} on {setting}" + (f" ({which} constant)" if constant else "")


def _sites(places: Sequence[Place]) -> Control:
    found = [
        f"{p.arm} at {p.site} on {p.setting}: {p.word or 'no verdict'} ({signed(p.difference)})"
        for p in places
    ]
    arms = tuple(dict.fromkeys(p.arm for p in places))
    return Control("sites", "is the place special?", arms, tuple(found), bool(arms))
