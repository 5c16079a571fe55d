"""Render all of a study's figures as SVG and PDF, each at two widths, on all cores."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ..comparing import Comparison
from .catalog import FigureSpec, figure_specs
from .style import NARROW, WIDE, figure_style, freeze_layout, to_pdf, to_svg

_SPECS: list[FigureSpec] = []
"""The figures of this worker process; closures and data frames are inherited by the fork, not pickled."""


class Drawing(NamedTuple):
    """A rendered figure: SVG texts and PDF bytes at both widths; `section`: of the report, where it is shown."""

    name: str
    section: str
    title: str
    caption: str
    wide: str
    narrow: str
    wide_pdf: bytes
    narrow_pdf: bytes


def draw(comparison: Comparison, notify: Callable[[str], None] = lambda title: None) -> list[Drawing]:
    """Render the figures in the report's order; `notify` gets each title before its figure is waited for."""
    specs = list(figure_specs(comparison))
    cores = min(len(os.sched_getaffinity(0)), len(specs)) or 1
    with figure_style(), multiprocessing.get_context("fork").Pool(cores, _set_specs, (specs,)) as pool:
        drawings = pool.imap(_render_at, range(len(specs)))
        return [_wait_for_next(drawings, spec.title, notify) for spec in specs]


def _wait_for_next(drawings: Iterator[Drawing], title: str, notify: Callable[[str], None]) -> Drawing:
    notify(title)
    return next(drawings)


def _set_specs(specs: list[FigureSpec]) -> None:
    """Prepare a worker process: what it draws; Ctrl-C reaches it too, and is answered by its parent alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _SPECS[:] = specs


def _render_at(index: int) -> Drawing:
    return render(_SPECS[index])


def render(spec: FigureSpec) -> Drawing:
    """Render one figure at both widths."""
    wide, narrow = (freeze_layout(spec.draw(width=width)) for width in (WIDE, NARROW))
    return Drawing(
        name=spec.name,
        section=spec.section,
        title=spec.title,
        caption=spec.caption,
        wide=to_svg(wide, f"{spec.name}-wide"),
        narrow=to_svg(narrow, f"{spec.name}-narrow"),
        wide_pdf=to_pdf(wide),
        narrow_pdf=to_pdf(narrow),
    )
