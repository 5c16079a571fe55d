"""All of a study's figures, each at two widths."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..comparing import Comparison
from .looks import NARROW, WIDE, pdf, settled, style, svg
from .wanted import Wanted, wanted


class Drawing(NamedTuple):
    """A figure in all its forms; `section` is where the report shows it."""

    name: str
    section: str
    title: str
    caption: str
    wide: str
    narrow: str
    wide_pdf: bytes
    narrow_pdf: bytes


def draw(comparison: Comparison, said: Callable[[str], None] = lambda text: None) -> list[Drawing]:
    """In the report's order; `said` gets each title before it is drawn."""
    drawings = []
    with style():
        for one in wanted(comparison):
            said(one.title)
            drawings.append(_drawing(one))
    return drawings


def _drawing(one: Wanted) -> Drawing:
    wide, narrow = settled(one.make(WIDE)), settled(one.make(NARROW))
    return Drawing(
        one.name,
        one.section,
        one.title,
        one.caption,
        svg(wide, f"{one.name}-wide"),
        svg(narrow, f"{one.name}-narrow"),
        pdf(wide),
        pdf(narrow),
    )
