"""Grids of search trials."""

import json

import pandas as pd

from analysis.comparing import Comparison
from analysis.comparing.search import GridCell, build_search_grids


def test_the_grid_has_only_cells_that_were_tried_with_their_counts(comparison: Comparison) -> None:
    grid = next(g for g in comparison.grids if g.setting == "classification")
    assert (grid.arm, grid.x, grid.y, grid.facet) == ("scse", "kernel_size", "reduction", "fusion")
    assert sum(cell.n for cell in grid.cells) == grid.trials == 8
    assert len(grid.cells) < len(grid.xs) * len(grid.ys) * len(grid.facets)


def test_gains_are_over_the_baselines_best_trial(comparison: Comparison) -> None:
    grid = comparison.grids[0]
    trials = comparison.record.runs.query("role == 'trial' and setting == @grid.setting")
    assert grid.reference == trials[trials["arm"] == "none"]["validation"].max()
    best = max(cell.gain for cell in grid.cells if cell.n == 1)
    assert best <= trials[trials["arm"] == "scse"]["validation"].max() - grid.reference + 1e-9


def test_an_arm_without_two_numeric_options_has_no_grid(comparison: Comparison) -> None:
    assert {g.arm for g in comparison.grids} == {"scse"}


def test_trials_with_equal_options_are_averaged_against_the_baselines_best() -> None:
    rows = [("none", "{}", 60.0), ("none", "{}", 62.0)]
    for kernel, reduction, score in ((3, 4, 63.0), (3, 4, 65.0), (5, 4, 61.0)):
        rows.append(("se", json.dumps({"reduction": reduction, "kernel_size": kernel}), score))
    trials = pd.DataFrame(rows, columns=["module", "options", "validation"])
    trials = trials.assign(role="trial", setting="a", arm=trials["module"])
    (grid,) = build_search_grids(trials)
    assert (grid.x, grid.y, grid.xs, grid.ys) == ("kernel_size", "reduction", (3.0, 5.0), (4.0,))
    assert grid.cells == (GridCell("", 3.0, 4.0, 2, 2.0), GridCell("", 5.0, 4.0, 1, -1.0))
    assert (grid.reference, grid.trials) == (62.0, 3)


def test_a_study_without_trials_has_no_grid(comparison: Comparison) -> None:
    assert build_search_grids(comparison.record.current_runs) == []
