"""Search for the width of a network at which its cost is nearest to a target."""

from collections.abc import Callable
from typing import NamedTuple

from user_error import UserError

WIDEST = 8.0
STEPS = 40
NUDGES = 12
CLOSE = 0.01
"""Relative difference up to which a match is called one."""


class Match(NamedTuple):
    """The width, and the two costs that it brings together."""

    width: float
    target: int
    reached: int

    @property
    def off(self) -> float:
        """Relative difference of what was reached from what was asked."""
        return self.reached / self.target - 1

    @property
    def close(self) -> bool:
        return abs(self.reached - self.target) <= CLOSE * self.target


def match(target: int, cost: Callable[[float], int | None]) -> Match:
    """The width from 1 at which `cost(width)` is nearest to `target`; costs are steps that never fall.

    `cost` is None at a width that cannot be built (heads that do not divide it, say): a slightly larger one is
    taken. Raises UserError where no width up to 8 comes as far as the target.
    """
    seen: dict[float, int] = {}

    def tried(width: float) -> int | None:
        for nudge in range(NUDGES):
            at = round(width + 0.002 * nudge, 6)
            found = seen[at] if at in seen else cost(at)
            if found is not None:
                seen[at] = found
                return found
        return None

    low, high = 1.0, 2.0
    if (tried(low) or 0) < target:
        while (tried(high) or 0) < target:
            low, high = high, 2 * high
            if low >= WIDEST:
                raise UserError(f"width: no width up to {WIDEST:g} costs as much as {target:,}")
        for _ in range(STEPS):
            middle = round((low + high) / 2, 6)
            if middle in (low, high):
                break
            low, high = (low, middle) if (tried(middle) or 0) >= target else (middle, high)
    width = min(seen, key=lambda at: (abs(seen[at] - target), at))
    return Match(width, target, seen[width])
