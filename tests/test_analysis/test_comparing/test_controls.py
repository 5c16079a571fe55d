from pathlib import Path

import pytest

from analysis import frames
from analysis.comparing import Comparison, compare
from analysis.comparing.controls import Control, controls
from analysis.comparing.gates import gates
from analysis.report.prose import not_run
from tests.test_analysis.made_store import QUICK, Arm, make

ONE = {"classification": ("accuracy", 86.0)}


def by_name(comparison: Comparison) -> dict[str, Control]:
    return {c.name: c for c in comparison.controls}


def test_every_kind_of_control_is_there_run_or_not(compared: Comparison) -> None:
    assert [c.name for c in compared.controls] == [
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
    assert {c.name for c in compared.controls if c.run} == {
        "positive control",
        "constant gate",
        "gate reliance",
        "gate statistics",
    }


def test_a_control_says_which_arms_do_more_than_it(compared: Comparison) -> None:
    found = by_name(compared)["constant gate"]
    assert found.arms == ("constant",)
    assert found.findings[0].startswith("constant on classification: EQUIVALENT (+0.")
    assert found.findings[2].startswith("told from constant on classification: cse +1.")
    beside = {(b.arm, b.setting): b for b in found.beyond}
    assert set(beside) == {(a, s) for a in ("cse", "sse", "scse", "cbam") for s in compared.main.settings}
    table = compared.main.scores["classification"]
    difference = (table["cse"] - table["constant"]).mean()
    assert beside["cse", "classification"].paired.mean == pytest.approx(difference)
    assert beside["cbam", "classification"].adjusted > 0.05


def test_a_matched_control_is_compared_with_the_arm_that_it_matches(recorded: frames.Recorded) -> None:
    wider = {"module": "none", "width": 1.1, "role": "control", "matched": "params", "of": "scse"}
    study = recorded.study._replace(arms={**recorded.study.arms, "constant": wider})
    families = compare(recorded).families
    found = {c.name: c for c in controls(study, families, gates(recorded.runs, recorded.study))}
    assert found["matched parameters"].arms == ("constant",)
    assert {b.arm for b in found["matched parameters"].beyond} == {"scse"}
    assert not found["matched MACs"].run


def test_gate_reliance_is_told_over_seeds(compared: Comparison) -> None:
    lost = {(r.arm, r.setting): r.lost for r in compared.gates.reliance}
    assert lost["cse", "classification"].n == 6
    assert lost["cse", "classification"].mean == pytest.approx(1.1, abs=0.25)
    assert lost["constant", "classification"].mean == 0
    assert ("none", "classification") not in lost
    assert by_name(compared)["gate reliance"].findings[1].startswith("cse loses 1.")


def test_a_gate_that_has_become_constant_is_called_that(tmp_path: Path) -> None:
    arms = {"none": QUICK["none"], "narrow": QUICK["narrow"], "cse": Arm(0.3, module="constant_gate")}
    make(tmp_path, arms=arms, settings=ONE, trials=0).close()
    comparison = compare(frames.read(tmp_path, "made"))
    said = [c for c in comparison.cautions if c.topic == "constant gate"]
    assert said[0].weight == "warning"
    assert said[0].text.startswith("cse on classification: all its gates became constant in every run")
    assert "0 % on classification (all gates constant)" in by_name(comparison)["gate statistics"].findings[0]


def test_a_constant_gate_that_is_meant_to_be_one_is_not_warned_of(compared: Comparison) -> None:
    assert [c for c in compared.cautions if c.topic == "constant gate"] == []


def test_gates_that_differ_between_runs_count_the_runs(recorded: frames.Recorded) -> None:
    found = [g for g in gates(recorded.runs, recorded.study).gates if g.arm == "cse"]
    assert {(g.runs, g.constant) for g in found} == {(6, 0)}
    assert [g.plug for g in found[:4]] == ["layer1.0", "layer2.0", "layer3.0", "layer4.0"]


def test_one_module_at_several_places_is_a_site_control(recorded: frames.Recorded) -> None:
    arms = {**recorded.study.arms}
    arms["cse"], arms["sse"] = ({**arms["cse"], "site": f"block@{stage}"} for stage in (1, 4))
    study = recorded.study._replace(arms=arms)
    found = by_name(compare(recorded._replace(study=study)))["sites"]
    assert found.arms == ("cse", "sse")
    assert found.findings[0].startswith("cse at block@1 on classification: BETTER (+")


def test_the_first_paragraph_names_every_control_that_was_not_run(compared: Comparison) -> None:
    assert not_run(compared) == (
        "Controls not run: A/A, shuffled gate, frozen gate, mean gate, scale only, parameter-free gate, matched "
        "parameters, matched MACs and sites."
    )
