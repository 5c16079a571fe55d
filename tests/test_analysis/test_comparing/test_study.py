"""The comparison of a whole study."""

from pathlib import Path

import pytest

from analysis import frames
from analysis.comparing import Comparison, compare
from tests.test_analysis.synthetic_store import QUICK, make_study


def test_the_headline_table_is_the_main_family(comparison: Comparison) -> None:
    assert [family.role for family in comparison.families] == ["main", "leave_one_out", "tuned"]
    assert comparison.main is comparison.families[0]


def test_families_of_one_name_get_different_file_names(record: frames.StudyRecord) -> None:
    family = record.study.families[2]
    study = record.study._replace(families=[family, family.model_copy(update={"name": "Tuned"})])
    names = [family.slug for family in compare(record._replace(study=study)).families]
    assert names == ["tuned", "tuned-2"]


def test_a_family_without_runs_is_left_out(record: frames.StudyRecord) -> None:
    runs = record.runs[~record.runs["arm"].str.contains("tuned")]
    assert [f.role for f in compare(record._replace(runs=runs)).families] == ["main", "leave_one_out"]


def test_a_study_without_a_finished_run_is_an_error(tmp_path: Path) -> None:
    store = make_study(tmp_path, trials=0)
    store.reset_runs([row.key for row in store.plan_rows("made")])
    store.close()
    with pytest.raises(ValueError, match="study 'made': no finished run to compare yet"):
        compare(frames.read(tmp_path, "made"))


def test_a_study_whose_scores_are_all_undefined_is_an_error_that_says_so(record: frames.StudyRecord) -> None:
    runs = record.runs.assign(score=float("nan"), undefined="test/accuracy")
    with pytest.raises(ValueError, match="study 'made': no finished run has a defined score"):
        compare(record._replace(runs=runs))


def test_one_setting_one_seed_and_two_arms_are_still_a_comparison(tmp_path: Path) -> None:
    arms = {name: QUICK[name] for name in ("none", "cse")}
    setting = {"classification": ("accuracy", 80.0)}
    make_study(tmp_path, arms=arms, seeds=1, settings=setting, trials=0).close()
    main = compare(frames.read(tmp_path, "made")).main
    assert [cell.verdict for cell in main.cells] == [None]
