"""Data frames read from a run store."""

import time
from pathlib import Path

import numpy as np
import pytest

from analysis import frames
from experiments.config.run_result import RunResult
from experiments.store import PlanRow, State, open_store
from tests.test_analysis.synthetic_store import QUICK, SETTINGS


def test_every_cell_of_the_plan_is_one_row(record: frames.StudyRecord) -> None:
    runs = record.runs
    assert len(runs[runs["role"] == "run"]) == len(QUICK) * len(SETTINGS) * 6
    assert len(runs[runs["role"] == "trial"]) == 2 * len(SETTINGS) * 8
    assert not runs.duplicated(["role", "setting", "arm", "seed", "trial"]).any()


def test_scores_are_the_primary_metric_of_the_test_split_in_points(
    study_store: Path, record: frames.StudyRecord
) -> None:
    row = record.runs.iloc[0]
    result = open_store(study_store, readonly=True).result(row["key"])
    assert result is not None
    assert row["score"] == pytest.approx(100 * (result.score("test") or 0))
    assert row["validation"] == pytest.approx(100 * (result.score("validation") or 0))


def test_a_run_without_a_result_is_a_row_without_a_score() -> None:
    row = PlanRow(
        "s", "run", "c", "none", 3, None, None, True, "k", "failed", {"task": "classification"}, None
    )
    frame = frames.tidy([row])
    assert frame["state"].tolist() == ["failed"]
    assert np.isnan(frame["score"].iloc[0])


def test_no_rows_are_a_frame_with_the_same_columns(record: frames.StudyRecord) -> None:
    assert set(frames.tidy([]).columns) == set(record.runs.columns)


def test_curves_have_a_row_a_run_epoch_and_metric(record: frames.StudyRecord) -> None:
    setting = record.curves[record.curves["key"] == record.runs[record.runs["role"] == "run"]["key"].iloc[0]]
    assert sorted(setting["metric"].unique()) == ["train/loss", "validation/accuracy"]
    assert setting["epoch"].max() == 5


def test_a_hundred_thousand_runs_are_a_frame_in_seconds() -> None:
    row = PlanRow(
        "s", "run", "c", "none", 0, None, None, True, "k", "finished", {"task": "classification"}, None
    )
    started = time.process_time()
    frame = frames.tidy(row._replace(seed=seed) for seed in range(100_000))
    assert len(frame) == 100_000
    assert time.process_time() - started < 30


def test_a_study_may_be_given_by_its_file(tmp_path: Path) -> None:
    named, unnamed, broken = (tmp_path / f"{n}.yaml" for n in ("named", "unnamed", "broken"))
    named.write_text("name: other\nmargin: 1.0\n")
    unnamed.write_text("margin: 1.0\n")
    broken.write_text("a: [")
    assert [frames.study_name(str(f)) for f in (named, unnamed)] == ["other", "unnamed"]
    assert frames.study_name("quick") == "quick"
    with pytest.raises(ValueError, match=r"broken.yaml: cannot be read as a study file"):
        frames.study_name(str(broken))


def test_an_unknown_study_is_answered_with_the_recorded_ones(study_store: Path) -> None:
    with pytest.raises(ValueError, match=r"no study 'mad' is recorded here .recorded: made."):
        frames.read(study_store, "mad")
    assert frames.studies(study_store) == ["made"]


def test_metrics_that_a_run_does_not_define_are_named_and_of_the_others_none_are() -> None:
    def row(key: str, metrics: dict[str, float | None] | None) -> PlanRow:
        content = {"key": key, "state": "finished", "primary": "iou", "code": "c", "metrics": metrics}
        result = None if metrics is None else RunResult.model_validate(content)
        state: State = "failed" if metrics is None else "finished"
        return PlanRow(
            "s", "run", "c", "none", 3, None, None, True, key, state, {"task": "segmentation"}, result
        )

    rows = [
        row("a", {"iou": None, "dice": None, "loss": 0.5}),
        row("b", {"iou": 0.5, "loss": 0.5}),
        row("c", None),
    ]
    frame = frames.tidy(rows)
    assert frame["undefined"].tolist() == ["test/iou test/dice", "", ""]
    assert frame["score"].isna().tolist() == [True, False, True]
