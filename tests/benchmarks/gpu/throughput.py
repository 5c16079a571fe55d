"""How fast a study's runs were made: what passed before the first of them, and runs an hour after it."""

import statistics
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple


class Schedule(NamedTuple):
    """When a command began and ended and when its runs started, in seconds since 1970, and how long each took.

    The store keeps the starts to the second.
    """

    began: float
    ended: float
    starts: Sequence[float]
    durations: Sequence[float]


def rows(schedule: Schedule) -> Iterator[tuple[str, str]]:
    """Yield the names and values for the report; there is at least one run."""
    starts, count = sorted(schedule.starts), len(schedule.durations)
    first = max(starts[0], schedule.began)
    after_first = max(schedule.ended - first, 1.0)
    yield "runs an hour, all included", f"{3600 * count / (schedule.ended - schedule.began):,.0f}"
    yield "seconds before the first run started (imports and planning)", f"{first - schedule.began:.0f}"
    yield "runs an hour after that", f"{3600 * count / after_first:,.0f}"
    yield "median seconds of a run", f"{statistics.median(schedule.durations):.1f}"
    yield "runs at once after that, on average", f"{sum(schedule.durations) / after_first:.1f}"
    if len(starts) > 1:
        mean = (starts[-1] - starts[0]) / (len(starts) - 1)
        longest = max(later - earlier for earlier, later in pairwise(starts))
        yield "seconds from one start to the next, mean and largest", f"{mean:.1f}, {longest:.0f}"


def timestamp(text: str) -> float:
    """Return the seconds since 1970 of a time in ISO 8601."""
    return datetime.fromisoformat(text).timestamp()
