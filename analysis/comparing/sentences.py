"""Verdicts and numbers as text that can be quoted as it stands."""

from __future__ import annotations

from typing import NamedTuple

from ..statistics import PairedTest
from .family import Cell, Family

GLYPH = {"BETTER": "▲", "WORSE": "▼", "EQUIVALENT": "≈", "INCONCLUSIVE": "?", None: "–"}


class Sentence(NamedTuple):
    """The text on one arm and setting: the verdict, the claim that it makes, and the numbers behind it."""

    arm: str
    setting: str
    verdict: str
    claim: str
    numbers: str


def format_signed(value: float, digits: int = 2) -> str:
    """Format a number with its sign: +1.20, −0.34 (a true minus sign), 0.00 without a sign, – for NaN."""
    if value != value:
        return "–"
    text = f"{abs(value):.{digits}f}"
    return text if float(text) == 0 else ("+" if value > 0 else "−") + text


def format_points(value: float) -> str:
    """Format a number of points: 1 point, 0.5 points."""
    return f"{value:g} point" if value == 1 else f"{value:g} points"


def format_p(p: float) -> str:
    """Format a p value in a sentence: p = 0.031, p < 0.001."""
    if p != p:
        return "p –"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def format_interval(test: PairedTest) -> str:
    """Format a confidence interval in brackets: [+0.10, +1.20]."""
    return f"[{format_signed(test.low)}, {format_signed(test.high)}]"


def format_range(low: float, high: float) -> str:
    """Format an interval in words: +0.10 to +1.20."""
    return f"{format_signed(low)} to {format_signed(high)}"


def describe_verdict(family: Family, cell: Cell) -> Sentence:
    """Return the sentence on one cell."""
    test = cell.paired
    numbers = (
        f"{format_signed(test.mean)} {format_interval(test)}, {len(cell.seeds)} pairs, "
        f"adjusted {format_p(cell.adjusted)}"
    )
    return Sentence(cell.arm, cell.setting, cell.verdict or "NO VERDICT", state_claim(family, cell), numbers)


def state_claim(family: Family, cell: Cell) -> str:
    """Return what the verdict on a cell claims, in words."""
    margin, gap = format_points(family.margin), f"{abs(cell.paired.mean):.2f}"
    match cell.verdict:
        case "BETTER":
            return f"better than {family.baseline} by {gap} points"
        case "WORSE":
            return f"worse than {family.baseline} by {gap} points"
        case "EQUIVALENT" if cell.adjusted <= family.alpha:
            return f"a real difference from {family.baseline}, but below the margin of {margin}"
        case "EQUIVALENT":
            return f"the same as {family.baseline} to within {margin}"
        case "INCONCLUSIVE":
            return f"not decided against {family.baseline}; {describe_more_seeds(cell)}"
    return f"fewer than two pairs with {family.baseline}: no claim"


def describe_more_seeds(cell: Cell) -> str:
    """Return how many further seeds would probably decide a cell, in words."""
    needed = cell.needed
    if needed is None:
        return "too few pairs to estimate how many more seeds it needs"
    if needed.likely is None:
        return f"{needed.tried} more seeds would probably not decide it either"
    plural = "seed" if needed.likely == 1 else "seeds"
    if needed.safe == needed.likely:
        return f"{needed.likely} more {plural} would probably decide it"
    careful = f"more than {needed.tried}" if needed.safe is None else str(needed.safe)
    return f"about {needed.likely} more {plural} would decide it ({careful} to be safe)"
