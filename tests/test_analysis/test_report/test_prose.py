"""The report's own sentences."""

import pytest

from analysis.comparing import Comparison
from analysis.report.prose import (
    describe_methods,
    describe_missing_controls,
    describe_noise_floors,
    describe_positive_control,
    join_names,
    summarize,
)
from analysis.statistics import NoiseFloor
from analysis.statistics.verdict import Verdict


@pytest.mark.parametrize(
    ("names", "text"),
    [([], "nothing"), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_names_are_joined_as_a_sentence_does(names: list[str], text: str) -> None:
    assert join_names(names) == text


def test_the_summary_counts_verdicts_and_runs(comparison: Comparison) -> None:
    sentences = summarize(comparison)
    assert sentences[0] == (
        "6 arms against none on classification and segmentation: "
        "4 BETTER, 4 EQUIVALENT, 2 WORSE, 2 INCONCLUSIVE."
    )
    assert sentences[-1] == ("108 of 108 planned runs are finished; differences under 1 point do not count.")


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        ("WORSE", "The positive control narrow got its expected verdict everywhere."),
        (None, "The positive control is not finished"),
        (
            "EQUIVALENT",
            "The positive control was missed: narrow on classification (EQUIVALENT) and narrow on segmentation "
            "(EQUIVALENT). Do not trust the verdicts below.",
        ),
    ],
)
def test_the_positive_control_is_confirmed_missed_or_open(
    comparison: Comparison, verdict: Verdict | None, text: str
) -> None:
    main = comparison.main
    cells = tuple(c._replace(verdict=verdict) if c.arm == "narrow" else c for c in main.cells)
    changed = comparison._replace(families=[main._replace(cells=cells)])
    assert describe_positive_control(changed).startswith(text)


def test_a_study_without_a_positive_control_shows_nothing(comparison: Comparison) -> None:
    study = comparison.record.study._replace(arms={})
    bare = comparison._replace(record=comparison.record._replace(study=study))
    assert describe_positive_control(bare).startswith("No positive control was run")


def test_controls_that_were_not_run_are_named(comparison: Comparison) -> None:
    assert describe_missing_controls(comparison) == (
        "Controls not run: A/A, shuffled gate, frozen gate, mean gate, scale only, parameter-free gate, matched "
        "parameters, matched MACs and sites."
    )
    run = [control._replace(run=True) for control in comparison.controls]
    assert describe_missing_controls(comparison._replace(controls=run)) == "Every control was run."


def test_the_methods_state_test_alpha_margin_and_compute(comparison: Comparison) -> None:
    text = describe_methods(comparison)
    for part in (
        "trained with 6 seeds on each of 2 settings (classification and segmentation)",
        "family of 12 comparisons",
        "enumerated exactly",
        "family-wise error at 0.05",
        "a margin of 1 point",
        "108 runs and 32 search trials",
    ):
        assert part in text
    drawn = comparison._replace(families=[comparison.main._replace(exact=False)])
    assert "drawn at random (99,999 draws)" in describe_methods(drawn)


def test_noise_floors_are_stated_by_setting(comparison: Comparison) -> None:
    family = comparison.main._replace(floors={"a": NoiseFloor(6, 0.4, 0.4526), "b": NoiseFloor(6, 0.4, 1.0)})
    assert describe_noise_floors(family) == (
        "Two sets of seeds of none itself would differ by up to 0.45 points on a and 1.00 points on b "
        "(noise floor, 95 %)."
    )
