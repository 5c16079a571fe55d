"""Gate statistics and reliance, from probes that the test writes down."""

from math import nan

import pandas as pd
import pytest

from analysis.comparing import Comparison
from analysis.comparing.gates import Gate, summarize_gates
from analysis.frames import Study, StudyRecord
from experiments.config.study_plan import PlannedArm

STUDY = Study(
    "small", {"margin": 1.0, "settings": {"a": {}}}, [], {"none": PlannedArm(), "se": PlannedArm()}, []
)


def probe(mean: float, saturated: float | None, *, constant: bool) -> dict[str, object]:
    gate = {"mean": mean, "sd": 0.1, "input_share": 0.2, "saturated": saturated}
    return {"gates": {"layer1": gate}, "constant_gates": ["layer1"] if constant else []}


def runs_with(probes: list[dict[str, object] | None]) -> pd.DataFrame:
    count = len(probes)
    return pd.DataFrame(
        {"setting": ["a"] * count, "arm": ["se"] * count, "probes": probes, "reliance": [nan] * count}
    )


def test_a_gate_is_the_median_over_its_runs_and_counts_those_where_it_is_constant() -> None:
    probes = [
        probe(0.1, 0.0, constant=True),
        probe(0.5, None, constant=False),
        probe(0.4, 0.3, constant=True),
    ]
    summary = summarize_gates(runs_with([*probes, None]), STUDY)
    assert summary.gates == (Gate("se", "a", "layer1", 3, 0.4, 0.1, 0.2, 0.15, 2),)
    assert summary.reliance == ()


def test_a_gate_without_sigmoid_has_no_saturation() -> None:
    gate = summarize_gates(runs_with([probe(0.5, None, constant=False)]), STUDY).gates[0]
    assert gate.saturated != gate.saturated


def test_a_gate_counts_as_constant_only_if_it_is_so_in_every_run() -> None:
    always = summarize_gates(runs_with([probe(0.5, None, constant=True)] * 2), STUDY)
    once = summarize_gates(runs_with([probe(0.5, None, constant=c) for c in (True, False)]), STUDY)
    assert [gate.plug for gate in always.constant_gates("se", "a")] == ["layer1"]
    assert once.constant_gates("se", "a") == []


def test_reliance_is_tested_over_seeds(comparison: Comparison) -> None:
    lost = {(r.arm, r.setting): r.lost for r in comparison.gates.reliance}
    runs = comparison.record.current_runs
    values = runs[(runs["arm"] == "cse") & (runs["setting"] == "classification")]["reliance"]
    assert lost["cse", "classification"].n == 6
    assert lost["cse", "classification"].mean == pytest.approx(values.mean())
    assert lost["constant", "classification"].mean == 0
    assert ("none", "classification") not in lost


def test_plugs_are_in_the_networks_order(record: StudyRecord) -> None:
    gates = summarize_gates(record.current_runs, record.study).gates_of("cse", "classification")
    assert [gate.plug for gate in gates] == ["layer1.0", "layer2.0", "layer3.0", "layer4.0"]
