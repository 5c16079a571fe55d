"""Further seeds for inconclusive comparisons, against a hand computation and clear-cut cases."""

import numpy as np
import pytest

from analysis.statistics import Block, more_seeds, sd_upper_limit
from tests.test_analysis.test_statistics.reference_data import DIFFERENCES

RNG = np.random.default_rng


def test_the_cautious_spread_is_the_upper_limit_of_the_observed_one() -> None:
    d = DIFFERENCES[:, 0]
    assert sd_upper_limit(d) == pytest.approx(0.128841 * np.sqrt(4 / 1.648777), rel=1e-4)


def test_a_clear_difference_on_five_seeds_needs_one_more() -> None:
    blocks = [Block(DIFFERENCES, ("se", "cbam", "placebo"))]
    result = more_seeds(blocks, [(0, 0), (0, 1)], margin=0.1, repetitions=40)
    assert result[0, 0].likely == 1
    assert result[0, 1].likely == 1
    assert (result[0, 0].safe or 99) >= 1


def test_a_difference_on_the_margins_edge_is_not_decided_by_seeds() -> None:
    d = 3.0 * RNG(0).normal(size=(6, 1))
    d += 0.2 - d.mean()
    result = more_seeds([Block(d, ("a",))], [(0, 0)], margin=0.2, repetitions=40)
    assert result[0, 0].likely is None
    assert result[0, 0].tried == 20


def test_the_same_study_gives_the_same_advice() -> None:
    blocks = [Block(RNG(2).normal(0.5, 0.8, (6, 2)), ("a", "b"))]
    first = more_seeds(blocks, [(0, 0), (0, 1)], margin=0.5, repetitions=30)
    assert first == more_seeds(blocks, [(0, 0), (0, 1)], margin=0.5, repetitions=30)
