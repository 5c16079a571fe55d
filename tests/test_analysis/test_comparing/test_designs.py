"""Designs described from a recorded study."""

from math import isnan, sqrt

import pytest

from analysis.comparing.designs import pooled_difference_sd, study_designs
from analysis.frames import StudyRecord
from experiments.config.study_plan import Family as PlannedFamily
from tests.test_analysis.small_family import make_runs

RUNS = make_runs({"a": {"none": [1.0, 2.0, 3.0], "se": [1.0, 3.0, 5.0], "new": [2.0]}})


def planned_family(arms: tuple[str, ...], settings: tuple[str, ...]) -> PlannedFamily:
    return PlannedFamily(name="main", role="main", title="", baseline="none", arms=arms, settings=settings)


def test_the_sd_is_the_root_mean_square_over_cells() -> None:
    family = planned_family(
        (
            "se",
            "twice",
        ),
        ("a",),
    )
    table = RUNS[RUNS["arm"] == "se"].assign(arm="twice", score=[1.0, 4.0, 7.0])
    runs = make_runs({"a": {"none": [1.0, 2.0, 3.0], "se": [1.0, 3.0, 5.0], "twice": list(table["score"])}})
    assert pooled_difference_sd(runs, family) == pytest.approx(sqrt((1.0**2 + 2.0**2) / 2))


def test_arms_with_one_pair_or_without_runs_have_no_spread() -> None:
    family = planned_family(
        (
            "new",
            "planned",
        ),
        (
            "a",
            "b",
        ),
    )
    assert isnan(pooled_difference_sd(RUNS, family))
    assert pooled_difference_sd(RUNS, planned_family(("new", "se"), ("a", "b"))) == pytest.approx(1.0)


def test_a_study_has_one_design_per_family(record: StudyRecord) -> None:
    designs = study_designs(record)
    assert [(d.title, d.seeds, d.arms, d.settings, d.margin) for d in designs] == [
        ("Arms against none", 6, 6, 2, 1.0),
        ("What scse loses without a half", 6, 2, 2, 1.0),
        ("Search winners on fresh seeds", 6, 1, 2, 1.0),
    ]
    assert designs[0].sd == pooled_difference_sd(record.current_runs, record.study.families[0])
