"""Controls test the explanation: which were run, and what they say about the arms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..frames import Study
from .sentences import signed
from .verdicts import Family

ArmRow = Mapping[str, Any]


class Control(NamedTuple):
    """A kind of control, the question it answers, the study's arms of that kind, and what they showed."""

    name: str
    question: str
    arms: tuple[str, ...]
    findings: tuple[str, ...]


class Kind(NamedTuple):
    """How to know a kind of control among a study's arms."""

    name: str
    question: str
    matches: Callable[[ArmRow], bool]


def _module(*starts: str) -> Callable[[ArmRow], bool]:
    return lambda arm: str(arm.get("module", "")).startswith(starts)


KINDS = (
    Kind(
        "positive control",
        "does the pipeline see an effect that is known to be there?",
        lambda arm: arm.get("role") == "positive_control",
    ),
    Kind(
        "A/A", "does the baseline against itself stay without a verdict?", lambda arm: arm.get("role") == "aa"
    ),
    Kind("constant gate", "does the gate need to look at its input?", _module("constant")),
    Kind("shuffled gate", "does the gate need to come from the same image?", _module("shuffled")),
    Kind("frozen gate", "does the gate need to be trained?", _module("frozen")),
    Kind("scale only", "is it the scaling of activations alone?", _module("scale")),
    Kind(
        "parameter-free gate",
        "do learned gate weights matter?",
        _module("parameter_free", "sigmoid", "simam"),
    ),
    Kind(
        "matched width",
        "would the same parameters do as much in a wider baseline?",
        lambda arm: arm.get("role") == "control" and float(arm.get("width", 1.0)) != 1.0,
    ),
)


def controls(study: Study, families: list[Family]) -> list[Control]:
    """Every kind, run or not, in the order in which a reader asks."""
    return [_control(kind, study, families) for kind in KINDS]


def _control(kind: Kind, study: Study, families: list[Family]) -> Control:
    arms = tuple(label for label, arm in study.arms.items() if kind.matches(arm))
    found = [
        cell for family in families if family.role == "main" for cell in family.cells if cell.arm in arms
    ]
    return Control(
        kind.name,
        kind.question,
        arms,
        tuple(
            f"{cell.arm} on {cell.setting}: {cell.word or 'no verdict'} ({signed(cell.paired.mean)})"
            for cell in found
        ),
    )
