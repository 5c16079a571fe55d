"""Verdicts as sentences that can be quoted as they stand."""

from __future__ import annotations

from typing import NamedTuple

from .verdicts import Cell, Family

GLYPH = {"BETTER": "▲", "WORSE": "▼", "EQUIVALENT": "≈", "INCONCLUSIVE": "?", None: "–"}


class Sentence(NamedTuple):
    """What is said of one arm on one setting: the word, the claim, and the numbers behind it."""

    arm: str
    setting: str
    word: str
    claim: str
    numbers: str


def signed(value: float, digits: int = 2) -> str:
    """+1.20, −0.34 (a true minus sign), 0.00 without a sign."""
    if value != value:
        return "–"
    text = f"{abs(value):.{digits}f}"
    return text if float(text) == 0 else ("+" if value > 0 else "−") + text


def points(value: float) -> str:
    """1 point, 0.5 points."""
    return f"{value:g} point" if value == 1 else f"{value:g} points"


def p_text(p: float) -> str:
    """p = 0.031, p < 0.001."""
    if p != p:
        return "p –"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def interval(cell: Cell) -> str:
    """[+0.10, +1.20]"""
    return f"[{signed(cell.paired.low)}, {signed(cell.paired.high)}]"


def sentence(family: Family, cell: Cell) -> Sentence:
    """The verdict on one cell."""
    numbers = f"{signed(cell.paired.mean)} {interval(cell)}, {len(cell.seeds)} pairs, adjusted {p_text(cell.adjusted)}"
    return Sentence(cell.arm, cell.setting, cell.word or "NO VERDICT", claim(family, cell), numbers)


def claim(family: Family, cell: Cell) -> str:
    """What the word means here."""
    margin, gap = points(family.margin), f"{abs(cell.paired.mean):.2f}"
    match cell.word:
        case "BETTER":
            return f"better than {family.baseline} by {gap} points"
        case "WORSE":
            return f"worse than {family.baseline} by {gap} points"
        case "EQUIVALENT" if cell.adjusted <= family.alpha:
            return f"a real difference from {family.baseline}, but below the margin of {margin}"
        case "EQUIVALENT":
            return f"the same as {family.baseline} to within {margin}"
        case "INCONCLUSIVE":
            return f"not decided against {family.baseline}; {more(cell)}"
    return f"no two pairs with {family.baseline}: nothing can be said"


def more(cell: Cell) -> str:
    """How many more seeds would probably decide it."""
    needed = cell.needed
    if needed is None:
        return "too few pairs to say how many seeds it still needs"
    if needed.likely is None:
        return f"{needed.tried} more seeds would probably not decide it either"
    plural = "seed" if needed.likely == 1 else "seeds"
    if needed.safe == needed.likely:
        return f"{needed.likely} more {plural} would probably decide it"
    careful = f"more than {needed.tried}" if needed.safe is None else str(needed.safe)
    return f"about {needed.likely} more {plural} would decide it ({careful} to be safe)"
