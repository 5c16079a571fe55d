"""All of a study's figures, each at two widths."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ..comparing import Comparison
from .catalog import Wanted, wanted
from .style import NARROW, WIDE, pdf, settled, style, svg

_GIVEN: list[Wanted] = []
"""What this process was forked to draw."""


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
    """In the report's order, on all cores; `said` gets each title before it is waited for.

    The processes are forked, so that they have the comparison and the style without being sent them.
    """
    figures = list(wanted(comparison))
    cores = min(len(os.sched_getaffinity(0)), len(figures)) or 1
    with style(), multiprocessing.get_context("fork").Pool(cores, _give, (figures,)) as pool:
        drawn = pool.imap(_drawn, range(len(figures)))
        return [_next(drawn, one, said) for one in figures]


def _next(drawn: Iterator[Drawing], one: Wanted, said: Callable[[str], None]) -> Drawing:
    said(one.title)
    return next(drawn)


def _give(figures: list[Wanted]) -> None:
    _GIVEN[:] = figures


def _drawn(at: int) -> Drawing:
    return _drawing(_GIVEN[at])


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
