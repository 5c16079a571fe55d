"""The order in which verdicts are decided."""

import numpy as np
import pytest

from analysis.statistics import Block, decide, decide_family
from tests.test_analysis.test_statistics.reference_data import DIFFERENCES

RNG = np.random.default_rng


@pytest.mark.parametrize(
    ("mean", "adjusted", "equivalence", "word"),
    [
        (0.3, 0.01, 0.01, "EQUIVALENT"),
        (0.3, 0.01, 0.40, "BETTER"),
        (-0.3, 0.01, 0.40, "WORSE"),
        (0.0, 0.90, 0.04, "EQUIVALENT"),
        (0.3, 0.20, 0.40, "INCONCLUSIVE"),
        (0.3, 0.05, 0.40, "BETTER"),
    ],
)
def test_verdicts_are_decided_in_the_stated_order(
    mean: float, adjusted: float, equivalence: float, word: str
) -> None:
    assert decide(mean, adjusted, equivalence, alpha=0.05) == word


def test_a_family_gets_all_four_words() -> None:
    noise = 0.1 * RNG(0).normal(size=(8, 4))
    noise[:, 3] = 1.2 * RNG(1).normal(size=8)
    block = Block(noise + np.array([2.0, -2.0, 0.0, 0.5]), ("a", "b", "c", "d"))
    assert decide_family([block], RNG(0), margin=0.5).verdicts == (
        ("BETTER", "WORSE", "EQUIVALENT", "INCONCLUSIVE"),
    )


def test_five_seeds_never_give_better_or_worse_but_may_show_equivalence() -> None:
    verdicts = decide_family([Block(DIFFERENCES, ("se", "cbam", "placebo"))], RNG(0), margin=0.1).verdicts
    assert verdicts == (("INCONCLUSIVE", "INCONCLUSIVE", "EQUIVALENT"),)


def test_a_cell_with_one_pair_gets_no_word() -> None:
    block = DIFFERENCES.copy()
    block[1:, 0] = np.nan
    verdicts = decide_family([Block(block, ("se", "cbam", "placebo"))], RNG(0), margin=1.0).verdicts
    assert verdicts[0][0] is None
    assert verdicts[0][1] == "EQUIVALENT"


def test_two_equal_differences_show_no_equivalence_but_three_do() -> None:
    verdicts = [
        decide_family([Block(np.zeros((n, 1)), ("a",))], RNG(0), margin=1.0).verdicts[0][0] for n in (1, 2, 3)
    ]
    assert verdicts == [None, "INCONCLUSIVE", "EQUIVALENT"]


def test_the_order_of_seeds_changes_no_verdict() -> None:
    block = RNG(4).normal(0.6, 0.5, (7, 5))
    names = tuple("abcde")
    verdicts = decide_family([Block(block, names)], RNG(0), margin=0.5).verdicts
    shuffled = decide_family([Block(block[RNG(9).permutation(7)], names)], RNG(0), margin=0.5).verdicts
    assert verdicts == shuffled
