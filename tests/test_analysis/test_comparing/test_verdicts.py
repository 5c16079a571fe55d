"""The verdicts of a family, on a synthetic study with known effects."""

from pathlib import Path

import numpy as np
import pytest

from analysis import frames
from analysis.comparing import Comparison, compare
from experiments.store import open_store
from tests.test_analysis.synthetic_store import CLOCK, make_study


def test_every_arm_gets_a_verdict_on_every_setting_in_the_familys_order(comparison: Comparison) -> None:
    cells = [(cell.arm, cell.setting) for cell in comparison.main.cells]
    assert cells == [(arm, setting) for arm in comparison.main.arms for setting in comparison.main.settings]


@pytest.mark.parametrize(
    ("arm", "word"),
    [
        ("narrow", "WORSE"),
        ("constant", "EQUIVALENT"),
        ("cse", "BETTER"),
        ("scse", "BETTER"),
        ("cbam", "EQUIVALENT"),
    ],
)
def test_true_effects_get_the_right_verdicts(comparison: Comparison, arm: str, word: str) -> None:
    assert [comparison.main.cell(arm, setting).verdict for setting in comparison.main.settings] == [
        word,
        word,
    ]


def test_differences_are_paired_by_seed_in_points(comparison: Comparison) -> None:
    cell = comparison.main.cell("cse", "classification")
    runs = comparison.record.runs
    here = runs[(runs["setting"] == "classification") & (runs["role"] == "run")].set_index(["arm", "seed"])[
        "score"
    ]
    assert cell.seeds == (0, 1, 2, 3, 4, 5)
    expected = [here["cse", seed] - here["none", seed] for seed in cell.seeds]
    assert cell.differences == pytest.approx(expected)
    assert cell.paired.mean == pytest.approx(np.mean(expected))


def test_an_inconclusive_arm_has_the_number_of_further_seeds_it_needs(comparison: Comparison) -> None:
    cell = comparison.main.cell("sse", "classification")
    assert cell.verdict == "INCONCLUSIVE"
    assert cell.needed is not None
    assert cell.needed.likely is not None
    assert (cell.needed.safe or 99) >= cell.needed.likely
    assert all(c.needed is None for c in comparison.main.cells if c.verdict != "INCONCLUSIVE")


def test_another_family_has_another_baseline(comparison: Comparison) -> None:
    family = next(f for f in comparison.families if f.role == "leave_one_out")
    assert family.baseline == "scse"
    assert family.cell("sse", "segmentation").verdict == "WORSE"


def test_the_best_arms_are_those_the_joint_test_does_not_separate(comparison: Comparison) -> None:
    assert comparison.main.best_arms["classification"] == frozenset({"scse"})


def test_a_failed_run_is_listed_and_its_pair_left_out(tmp_path: Path) -> None:
    make_study(tmp_path).close()
    store = open_store(tmp_path)
    row = next(
        r for r in store.plan_rows("made") if (r.arm, r.setting, r.seed) == ("cse", "classification", 2)
    )
    store.end_attempt(row.key, "failed", now=CLOCK, message="made to fail")
    store.close()
    main = compare(frames.read(tmp_path, "made")).main
    assert [tuple(m) for m in main.missing] == [("cse", "classification", 2, "failed")]
    assert main.cell("cse", "classification").seeds == (0, 1, 3, 4, 5)
    assert main.cell("scse", "classification").seeds == (0, 1, 2, 3, 4, 5)
