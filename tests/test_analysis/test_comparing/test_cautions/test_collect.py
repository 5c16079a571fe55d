"""All cautions of a study together."""

from pathlib import Path

from analysis import frames
from analysis.comparing import Comparison, compare
from analysis.comparing.cautions.collect import collect_cautions
from tests.test_analysis.synthetic_store import make_study
from tests.test_analysis.test_comparing.store_changes import DECIDED


def test_a_sound_study_gets_notes_only(comparison: Comparison) -> None:
    assert {c.weight for c in comparison.cautions} == {"note"}


def test_alarms_come_first_and_notes_last(tmp_path: Path) -> None:
    make_study(tmp_path, arms=DECIDED, seeds=3, margin=0.1, trials=0).close()
    weights = [c.weight for c in compare(frames.read(tmp_path, "made")).cautions]
    assert weights == sorted(weights, key=["alarm", "warning", "note"].index)
    assert {"alarm", "warning", "note"} == set(weights)


def test_the_studys_own_warnings_are_among_them(record: frames.StudyRecord, comparison: Comparison) -> None:
    study = record.study._replace(warnings=["the data are small", "the data are small"])
    cautions = collect_cautions(record._replace(study=study), comparison.families, comparison.gates)
    assert [c.text for c in cautions if c.topic == "study"] == ["the data are small"]
