"""Render all of a study's figures as SVG and PDF, each at two widths, on all cores."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from typing import NamedTuple

from ..comparing import Comparison
from ..parallel import fork_map
from .catalog import FigureSpec, figure_specs
from .style import NARROW, WIDE, figure_style, freeze_layout, to_pdf, to_svg


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
    with figure_style(), closing(fork_map(render, specs)) as drawings:
        return [_wait_for_next(drawings, spec.title, notify) for spec in specs]


def _wait_for_next(
    drawings: Generator[Drawing, None, None], title: str, notify: Callable[[str], None]
) -> Drawing:
    notify(title)
    return next(drawings)


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
