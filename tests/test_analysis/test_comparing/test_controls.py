"""What the controls say about the arms."""

from pathlib import Path

import pytest

from analysis import frames
from analysis.comparing import Comparison, compare
from analysis.comparing.controls import Control, evaluate_controls
from analysis.comparing.gates import summarize_gates
from experiments.config.study_plan import PlannedArm
from tests.test_analysis.synthetic_store import QUICK, Arm, make_study

ONE = {"classification": ("accuracy", 86.0)}


def by_name(comparison: Comparison) -> dict[str, Control]:
    return {c.name: c for c in comparison.controls}


def test_every_kind_of_control_is_there_run_or_not(comparison: Comparison) -> None:
    assert [c.name for c in comparison.controls] == [
        "positive control",
        "A/A",
        "constant gate",
        "shuffled gate",
        "frozen gate",
        "mean gate",
        "scale only",
        "parameter-free gate",
        "matched parameters",
        "matched MACs",
        "gate reliance",
        "gate statistics",
        "sites",
    ]
    assert {c.name for c in comparison.controls if c.run} == {
        "positive control",
        "constant gate",
        "gate reliance",
        "gate statistics",
    }


def test_a_control_lists_the_arms_that_differ_from_it_significantly(comparison: Comparison) -> None:
    result = by_name(comparison)["constant gate"]
    assert result.arms == ("constant",)
    assert result.findings[0].startswith("constant on classification: EQUIVALENT (+0.")
    assert result.findings[2].startswith("significantly different from constant on classification: cse +1.")
    beside = {(b.arm, b.setting): b for b in result.beyond}
    assert set(beside) == {(a, s) for a in ("cse", "sse", "scse", "cbam") for s in comparison.main.settings}
    table = comparison.main.scores["classification"]
    difference = (table["cse"] - table["constant"]).mean()
    assert beside["cse", "classification"].paired.mean == pytest.approx(difference)
    assert beside["cbam", "classification"].adjusted > 0.05


def test_a_matched_control_is_compared_with_the_arm_that_it_matches(record: frames.StudyRecord) -> None:
    wider = PlannedArm(width=1.1, role="control", matched="params", of="scse")
    study = record.study._replace(arms={**record.study.arms, "constant": wider})
    families = compare(record).families
    result = {
        c.name: c for c in evaluate_controls(study, families, summarize_gates(record.runs, record.study))
    }
    assert result["matched parameters"].arms == ("constant",)
    assert {b.arm for b in result["matched parameters"].beyond} == {"scse"}
    assert not result["matched MACs"].run


def test_a_gate_that_has_become_constant_is_called_that(tmp_path: Path) -> None:
    arms = {"none": QUICK["none"], "narrow": QUICK["narrow"], "cse": Arm(0.3, module="constant_gate")}
    make_study(tmp_path, arms=arms, settings=ONE, trials=0).close()
    comparison = compare(frames.read(tmp_path, "made"))
    cautions = [c for c in comparison.cautions if c.topic == "constant gate"]
    assert cautions[0].weight == "warning"
    assert cautions[0].text.startswith("cse on classification: all its gates became constant in every run")
    assert "0 % on classification (all gates constant)" in by_name(comparison)["gate statistics"].findings[0]


def test_a_constant_gate_that_is_meant_to_be_one_is_not_warned_of(comparison: Comparison) -> None:
    assert [c for c in comparison.cautions if c.topic == "constant gate"] == []


def test_probes_and_sites_are_controls_too(record: frames.StudyRecord) -> None:
    arms = {**record.study.arms}
    arms["cse"], arms["sse"] = (arms["cse"].model_copy(update={"site": f"block@{stage}"}) for stage in (1, 4))
    result = by_name(compare(record._replace(study=record.study._replace(arms=arms))))
    assert result["gate reliance"].findings[1].startswith("cse loses 1.")
    assert result["sites"].arms == ("cse", "sse")
    assert result["sites"].findings[0].startswith("cse at block@1 on classification: BETTER (+")
