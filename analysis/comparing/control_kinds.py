"""The kinds of control that the report looks for, and the question that each of them answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from experiments.config.study_plan import PlannedArm


class Kind(NamedTuple):
    """A kind of control. `matches`: whether an arm of the study is of this kind; `compares_arms`: whether a gain
    counts only if the arm also differs from this control."""

    name: str
    question: str
    matches: Callable[[PlannedArm], bool]
    compares_arms: bool = False


def has_other_width(arm: PlannedArm) -> bool:
    """Tell whether an arm is a plain control of another width, matched to no arm."""
    return arm.role == "control" and not arm.matched and arm.width != 1.0


def _has_role(role: str) -> Callable[[PlannedArm], bool]:
    return lambda arm: arm.role == role


def _has_module(*prefixes: str) -> Callable[[PlannedArm], bool]:
    return lambda arm: arm.module.startswith(prefixes)


def _matches_cost(name: str) -> Callable[[PlannedArm], bool]:
    return lambda arm: arm.matched == name


KINDS = (
    Kind(
        "positive control",
        "does the pipeline detect an effect known to exist?",
        _has_role("positive_control"),
    ),
    Kind("A/A", "does the baseline against itself stay without a verdict?", _has_role("aa")),
    Kind("constant gate", "does the gate need to depend on its input?", _has_module("constant"), True),
    Kind("shuffled gate", "does the gate need to come from the same image?", _has_module("shuffled"), True),
    Kind("frozen gate", "does the gate need to be trained?", _has_module("frozen"), True),
    Kind(
        "mean gate",
        "once trained, does the gate need to depend on the test image?",
        _has_module("mean_gate"),
        True,
    ),
    Kind("scale only", "is it the scaling of activations alone?", _has_module("scale"), True),
    Kind(
        "parameter-free gate",
        "do learned gate weights matter?",
        _has_module("parameter_free", "sigmoid", "simam"),
        True,
    ),
    Kind(
        "matched parameters", "would as many parameters do as much in width?", _matches_cost("params"), True
    ),
    Kind("matched MACs", "would as many multiply-adds do as much in width?", _matches_cost("macs"), True),
)
OTHER_WIDTHS = Kind("other widths", "what does width alone do?", has_other_width)
