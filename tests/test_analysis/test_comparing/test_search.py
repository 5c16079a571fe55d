from analysis.comparing import Comparison


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
