"""The figure of a search's history."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.figures import NARROW, ArmStyle
from analysis.figures.search_history import draw_search_history

from .artists import texts, xs, ys

TRIALS = pd.DataFrame(
    {
        "setting": "a",
        "arm": ["better", "better", "better", "none"],
        "trial": [2, 0, 1, 0],
        "validation": [61.0, 60.0, 59.0, 50.0],
    }
)


def test_the_steps_are_the_best_score_so_far(styles: Mapping[str, ArmStyle]) -> None:
    axes = draw_search_history(TRIALS, styles, width=NARROW).axes[0]
    steps = {line.get_color(): line for line in axes.lines}
    best = steps[styles["better"].color]
    assert xs(best) == [0, 1, 2]
    assert ys(best) == [60.0, 60.0, 61.0]


def test_every_trial_is_a_point(styles: Mapping[str, ArmStyle]) -> None:
    axes = draw_search_history(TRIALS, styles, width=NARROW).axes[0]
    points = np.asarray(axes.collections[0].get_offsets())
    assert sorted(map(tuple, points)) == [(0, 50.0), (0, 60.0), (1, 59.0), (2, 61.0)]


def test_arms_without_trials_are_not_in_the_legend(styles: Mapping[str, ArmStyle]) -> None:
    (legend,) = draw_search_history(TRIALS, styles, width=NARROW).legends
    assert texts(legend.get_texts()) == ["none", "better"]
