"""One module at several places, as a map of differences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from ..comparing.sentences import signed
from ..comparing.sites import Place
from .style import FAINT, shortened


def site_map(places: Sequence[Place], *, width: float) -> Figure:
    """One panel a setting: modules by sites, one scale for all."""
    settings, modules, names = (
        list(dict.fromkeys(getattr(p, part) for p in places)) for part in ("setting", "module", "site")
    )
    limit = float(np.nanmax([abs(p.difference) for p in places], initial=0.0)) or 1.0
    figure = Figure(figsize=(width, len(settings) * (0.34 * len(modules) + 0.75) + 0.2))
    panels = figure.subplots(len(settings), 1, squeeze=False, sharex=True).ravel()
    for panel, setting in zip(panels, settings, strict=True):
        values = np.full((len(modules), len(names)), np.nan)
        notes = np.full(values.shape, "", dtype=object)
        for p in (p for p in places if p.setting == setting):
            at = modules.index(p.module), names.index(p.site)
            values[at] = p.difference
            notes[at] = signed(p.difference) + ("*" if p.word in ("BETTER", "WORSE") else "")
        sns.heatmap(
            values,
            ax=panel,
            cmap="PuOr",
            vmin=-limit,
            vmax=limit,
            cbar=False,
            lw=0.6,
            linecolor=FAINT,
            annot=notes,
            fmt="",
            annot_kws={"fontsize": 6.5},
            mask=np.isnan(values),
            xticklabels=names,
            yticklabels=[shortened(m, 24 if width < 5 else 48) for m in modules],
        )
        panel.tick_params(length=0, rotation=0)
        panel.set_title(setting)
    return figure
