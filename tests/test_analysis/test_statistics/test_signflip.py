"""The joint sign-flip test, against full enumeration."""

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from analysis.statistics import Block, sign_flip_p, smallest_p, step_down
from analysis.statistics.paired import FloatArray

from .reference_data import DIFFERENCES

RNG = np.random.default_rng


def by_hand(blocks: list[FloatArray]) -> list[float]:
    """Step-down maxT with every joint sign vector written out: the slow truth for small families."""
    vectors = [np.array(list(product([1, -1], repeat=len(b)))) for b in blocks]
    tables = [np.abs(v @ b) / len(b) for v, b in zip(vectors, blocks, strict=True)]
    crossed = np.array(list(product(*(range(len(v)) for v in vectors))))
    columns = np.concatenate([table[crossed[:, t]] for t, table in enumerate(tables)], axis=1)
    observed = np.concatenate([np.abs(b.mean(0)) for b in blocks])
    order = np.argsort(-observed)
    steps = [
        float((columns[:, order[i:]].max(1) >= observed[order[i]] - 1e-9).mean()) for i in range(len(order))
    ]
    adjusted = np.empty(len(order))
    adjusted[order] = np.maximum.accumulate(steps)
    return [float(p) for p in adjusted]


def adjusted(blocks: list[FloatArray]) -> list[float]:
    named = [Block(b, tuple(str(a) for a in range(b.shape[1]))) for b in blocks]
    return [float(p) for row in step_down(named, RNG(0)).adjusted for p in row]


def test_one_arm_is_scipys_exact_permutation_test() -> None:
    assert [sign_flip_p(column) for column in DIFFERENCES.T] == [0.0625, 0.0625, 0.875]
    for seed in range(5):
        d = RNG(seed).normal(0.5, 1, 7)
        exact = stats.permutation_test((d,), np.mean, permutation_type="samples", n_resamples=2**12)
        assert sign_flip_p(d) == pytest.approx(float(exact.pvalue))


def test_the_joint_test_on_the_reference_data_is_the_oracle_where_steps_do_not_differ() -> None:
    assert_allclose(adjusted([DIFFERENCES]), [0.0625, 0.0625, 0.875])


@pytest.mark.parametrize("shape", [[(4, 1)], [(4, 3)], [(3, 2), (4, 2)], [(5, 2), (3, 3), (2, 1)]])
def test_settings_flip_with_their_own_blocks_exactly_as_written_out(shape: list[tuple[int, int]]) -> None:
    for seed in range(4):
        blocks = [RNG([seed, t]).normal(0.5, t + 1, size) for t, size in enumerate(shape)]
        assert_allclose(adjusted(blocks), by_hand(blocks), atol=1e-12)


def test_the_smallest_p_does_not_grow_with_the_number_of_arms() -> None:
    d = 1.0 + 0.1 * RNG(0).uniform(size=(6, 20))
    assert smallest_p(6) == 0.03125
    assert min(adjusted([d])) == smallest_p(6)
    assert [smallest_p(s) for s in (3, 5, 10)] == [0.25, 0.0625, 2**-9]


def test_turning_every_sign_changes_no_p() -> None:
    blocks = [RNG(0).normal(0.4, 1, (6, 3)), RNG(1).normal(0.4, 1, (5, 3))]
    assert_allclose(adjusted(blocks), adjusted([-b for b in blocks]))


def test_the_order_of_seeds_changes_no_p() -> None:
    block = RNG(0).normal(0.4, 1, (7, 4))
    assert_allclose(adjusted([block]), adjusted([block[RNG(2).permutation(7)]]))


def test_an_adjusted_p_is_never_below_the_arms_own() -> None:
    for seed in range(20):
        block = RNG(seed).normal(0.3, 1, (6, 5))
        alone = [sign_flip_p(column) for column in block.T]
        assert np.all(np.array(adjusted([block])) >= np.array(alone) - 1e-12)


def test_monte_carlo_agrees_with_the_enumeration_and_keeps_its_seed() -> None:
    blocks = [
        Block(RNG(0).normal(0.5, 1, (9, 3)), ("a", "b", "c")),
        Block(RNG(1).normal(0.5, 1, (8, 3)), ("a", "b", "c")),
    ]
    exact = step_down(blocks, RNG(0))
    drawn = step_down(blocks, RNG(0), exact=16, draws=60_000)
    assert exact.exact
    assert not drawn.exact
    assert_allclose(np.concatenate(drawn.adjusted), np.concatenate(exact.adjusted), atol=0.01)
    repeated = step_down(blocks, RNG(0), exact=16, draws=60_000)
    assert_allclose(np.concatenate(drawn.adjusted), np.concatenate(repeated.adjusted), atol=0)


def test_a_missing_run_leaves_its_block_to_the_other_arms() -> None:
    block = RNG(0).normal(0.5, 1, (6, 2))
    block[2, 0] = np.nan
    result = step_down([Block(block, ("a", "b"))], RNG(0))
    assert result.means[0][0] == pytest.approx(np.nanmean(block[:, 0]))
    assert result.means[0][1] == pytest.approx(block[:, 1].mean())
    assert np.isfinite(result.adjusted[0]).all()


def test_an_arm_without_any_pair_has_no_p() -> None:
    block = np.column_stack([RNG(0).normal(0, 1, 6), np.full(6, np.nan)])
    result = step_down([Block(block, ("a", "b"))], RNG(0)).adjusted[0]
    assert np.isfinite(result[0])
    assert np.isnan(result[1])


def test_arms_without_effect_are_significant_in_at_most_five_of_a_hundred_families() -> None:
    rng = RNG(0)
    hits = 0
    for _ in range(1_000):
        block = rng.normal(size=(6, 3)) - rng.normal(size=(6, 1))
        hits += min(adjusted([block])) <= 0.05
    assert hits / 1_000 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 1_000)


def test_a_setting_without_any_pair_yet_takes_part_in_joint_draws() -> None:
    rng = np.random.default_rng(0)
    empty, full = np.empty((0, 2)), rng.standard_normal((25, 2)) + 2
    result = step_down([Block(empty, ("a", "b")), Block(full, ("a", "b"))], rng, draws=199)
    assert np.isnan(result.adjusted[0]).all()
    assert (result.adjusted[1] == 1 / 200).all()
