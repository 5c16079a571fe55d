"""Format numbers for the cells of a table; NaN is a dash."""

from __future__ import annotations

from ..comparing import Level
from ..comparing.sentences import format_signed


def format_number(value: float, digits: int) -> str:
    """Format with a fixed number of decimals: 0.125."""
    return "–" if value != value else f"{value:.{digits}f}"


def format_score(level: Level) -> str:
    """Format mean ± sd: 86.12 ± 0.35; the mean alone with one seed."""
    if level.mean != level.mean:
        return "–"
    return f"{level.mean:.2f}" if level.sd != level.sd else f"{level.mean:.2f} ± {level.sd:.2f}"


def format_p_value(p: float) -> str:
    """Format a p value: 0.031, <0.001."""
    return "–" if p != p else "<0.001" if p < 0.001 else f"{p:.3f}"


def format_amount(value: float) -> str:
    """Format a large count with three digits and a unit: 484 k, 9.1 M."""
    if value != value:
        return "–"
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:g}"


def format_percent(value: float) -> str:
    """Format a change in percent with its sign: +2.3 %."""
    return "–" if value != value else f"{format_signed(value, 1)} %"
