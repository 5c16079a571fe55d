"""All pairs of arms, and power at other numbers of seeds."""

import numpy as np
import pytest

from analysis.comparing import Comparison
from analysis.comparing.pairwise import block_differences, compare_pairs, power_by_seeds


def test_pairs_weigh_settings_alike_and_count_wins_and_losses(comparison: Comparison) -> None:
    result = {(p.first, p.second): p for p in compare_pairs(comparison.main)}
    assert "narrow" not in {name for names in result for name in names}
    pair = result["none", "cse"]
    gaps = [table["none"] - table["cse"] for table in comparison.main.scores.values()]
    assert pair.mean == pytest.approx(np.mean([gap.mean() for gap in gaps]))
    assert (pair.wins, pair.losses, pair.blocks) == (0, 12, 12)
    assert pair.p <= 0.05 < result["none", "cbam"].p


def test_equal_arms_win_and_lose_nothing(comparison: Comparison) -> None:
    scores = {s: table.assign(cse=table["none"]) for s, table in comparison.main.scores.items()}
    pair = next(
        p
        for p in compare_pairs(comparison.main._replace(scores=scores))
        if (p.first, p.second) == ("none", "cse")
    )
    assert (pair.wins, pair.losses, pair.mean, pair.p) == (0, 0, 0.0, 1.0)


def test_block_differences_are_the_cells_own(comparison: Comparison) -> None:
    table = block_differences(comparison.main)
    cell = comparison.main.cell("cse", "classification")
    here = table[(table["arm"] == "cse") & (table["setting"] == "classification")]
    assert list(here["difference"]) == list(cell.differences)
    assert set(table["arm"]) == {"constant", "cse", "sse", "scse", "cbam"}


def test_chances_grow_with_the_seeds_and_none_is_better_below_six(comparison: Comparison) -> None:
    result = power_by_seeds(comparison.main, repetitions=40)
    assert [c.better for c in result if c.seeds < 6] == [0.0, 0.0, 0.0]
    assert [c.better for c in result if c.seeds >= 6] == sorted(c.better for c in result if c.seeds >= 6)
    assert all(c.better_twice >= c.better for c in result)
    assert [c.equivalent for c in result] == sorted(c.equivalent for c in result)
