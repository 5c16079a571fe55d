"""Widths that match a cost: against costs whose steps are known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.planning.width_search import Match, find_width


@given(st.integers(1_000, 10_000), st.integers(4, 200))
def test_the_match_is_the_nearest_step_there_is(target: int, channels: int) -> None:
    """A convolution's parameters: a square of a rounded number of channels."""

    def cost(width: float) -> int:
        return round(channels * width) ** 2

    steps = [count**2 for count in range(channels, 8 * channels + 1)]
    if steps[-1] < target:
        with pytest.raises(ValueError, match="no width up to 8"):
            find_width(target, cost)
        return
    found = find_width(target, cost)
    assert found.reached == cost(found.width)
    assert abs(found.reached - target) == min(abs(step - target) for step in steps)


def test_a_cost_that_is_there_already_needs_no_width() -> None:
    assert find_width(100, lambda width: round(100 * width)) == Match(1.0, 100, 100)
    assert find_width(90, lambda width: round(100 * width)) == Match(1.0, 90, 100)


def test_widths_that_cannot_be_built_are_passed_over() -> None:
    def cost(width: float) -> int | None:
        channels = round(192 * width)
        return None if channels % 3 else channels

    assert find_width(250, cost).reached in (249, 252)


def test_a_match_within_one_part_in_a_hundred_is_close() -> None:
    assert Match(1.1, 1000, 1010).is_close
    assert Match(1.1, 1000, 990).is_close
    assert not Match(1.1, 1000, 1011).is_close
    assert Match(1.1, 1000, 1011).off == pytest.approx(0.011)
