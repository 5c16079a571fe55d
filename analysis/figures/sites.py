"""Figure of one module at several sites, as a map of differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ..comparing.sentences import format_signed
from ..comparing.sites import SiteResult
from ..statistics.paired import FloatArray
from .heatmap import blank_notes, draw_heatmap, largest_magnitude
from .style import shorten_label


def draw_sites(results: Sequence[SiteResult], *, width: float) -> Figure:
    """Draw one panel per setting, modules by sites, on one scale in points."""
    settings, modules, sites = (
        list(dict.fromkeys(getattr(r, name) for r in results)) for name in ("setting", "module", "site")
    )
    limit = largest_magnitude(r.difference for r in results)
    figure = Figure(figsize=(width, len(settings) * (0.34 * len(modules) + 0.75) + 0.2))
    panels = figure.subplots(len(settings), 1, squeeze=False, sharex=True).ravel()
    rows = [shorten_label(m, 24 if width < 5 else 48) for m in modules]
    for panel, setting in zip(panels, settings, strict=True):
        values, notes = site_table([r for r in results if r.setting == setting], modules, sites)
        draw_heatmap(panel, values, notes, limit=limit, columns=sites, rows=rows)
        panel.tick_params(length=0, rotation=0)
        panel.set_title(setting)
    return figure


def site_table(
    results: Sequence[SiteResult], modules: Sequence[str], sites: Sequence[str]
) -> tuple[FloatArray, NDArray[Any]]:
    """Return the differences of one setting, (modules, sites) with NaN where there is none, and their texts."""
    values, notes = np.full((len(modules), len(sites)), np.nan), blank_notes(len(modules), len(sites))
    for r in results:
        index = modules.index(r.module), sites.index(r.site)
        values[index] = r.difference
        notes[index] = format_signed(r.difference) + ("*" if r.verdict in ("BETTER", "WORSE") else "")
    return values, notes
