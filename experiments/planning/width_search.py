"""Search for the width of a network at which its cost is nearest to a target."""

from collections.abc import Callable
from typing import NamedTuple

from user_error import UserError

MAX_WIDTH = 8.0
BISECTIONS = 40
NUDGES = 12
NUDGE = 0.002
"""Step to the next width where one cannot be built, for example because the number of heads does not divide it."""
TOLERANCE = 0.01
"""Relative difference from the target up to which a width counts as matched."""

Cost = Callable[[float], int | None]
"""cost(width): the network's cost, or None if it cannot be built at that width; it never falls as the width grows."""


class Match(NamedTuple):
    """A width, the cost that was asked for, and the cost that the width reaches."""

    width: float
    target: int
    reached: int

    @property
    def off(self) -> float:
        """The relative difference of the reached cost from the target."""
        return self.reached / self.target - 1

    @property
    def is_close(self) -> bool:
        """Whether the reached cost is within `TOLERANCE` of the target."""
        return abs(self.reached - self.target) <= TOLERANCE * self.target


class _CostTable:
    """The costs that were computed so far, by width."""

    def __init__(self, cost: Cost) -> None:
        self.cost = cost
        self.costs: dict[float, int] = {}

    def read(self, width: float) -> int:
        """Return the cost at the first width from `width` on that can be built, or 0 if there is none near."""
        for nudge in range(NUDGES):
            nudged = round(width + NUDGE * nudge, 6)
            cost = self.costs[nudged] if nudged in self.costs else self.cost(nudged)
            if cost is not None:
                self.costs[nudged] = cost
                return cost
        return 0


def find_width(target: int, cost: Cost) -> Match:
    """Return the width from 1 on whose cost is nearest to `target`, by bisection.

    Raises UserError if no width up to `MAX_WIDTH` costs as much as the target.
    """
    table = _CostTable(cost)
    if table.read(1.0) < target:
        _bisect(table, target, *_find_bracket(table, target))
    width = min(table.costs, key=lambda tried: (abs(table.costs[tried] - target), tried))
    return Match(width, target, table.costs[width])


def _find_bracket(table: _CostTable, target: int) -> tuple[float, float]:
    low, high = 1.0, 2.0
    while table.read(high) < target:
        low, high = high, 2 * high
        if low >= MAX_WIDTH:
            raise UserError(f"width: no width up to {MAX_WIDTH:g} costs as much as {target:,}")
    return low, high


def _bisect(table: _CostTable, target: int, low: float, high: float) -> None:
    """Fill the table with the costs of ever nearer widths."""
    for _ in range(BISECTIONS):
        middle = round((low + high) / 2, 6)
        if middle in (low, high):
            break
        low, high = (low, middle) if table.read(middle) >= target else (middle, high)
