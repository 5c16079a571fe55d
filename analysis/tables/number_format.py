"""Numbers as people read them in a cell."""

from __future__ import annotations

from ..comparing import Level
from ..comparing.sentences import signed


def score_text(level: Level) -> str:
    """86.12 ± 0.35"""
    if level.mean != level.mean:
        return "–"
    return f"{level.mean:.2f}" if level.sd != level.sd else f"{level.mean:.2f} ± {level.sd:.2f}"


def p_cell(p: float) -> str:
    """0.031, <0.001"""
    return "–" if p != p else "<0.001" if p < 0.001 else f"{p:.3f}"


def amount(value: float) -> str:
    """484 k, 9.10 M"""
    if value != value:
        return "–"
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:g}"


def percent(value: float) -> str:
    """+2.3 %"""
    return "–" if value != value else f"{signed(value, 1)} %"
