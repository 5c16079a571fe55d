"""Compare published gains with our own: the same module and task, with every other difference named."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from ..published import PublishedGain, load_published_gains
from .family import Cell, Family


class PublishedComparison(NamedTuple):
    """A published gain beside one of our cells; `differences`: what is not the same, the recipe always."""

    cell: Cell
    published: PublishedGain
    differences: tuple[str, ...]


class GainRange(NamedTuple):
    """The range of published gains of one kind for one cell: their number, lowest and highest, points."""

    kind: str
    numbers: int
    low: float
    high: float


def compare_with_published(runs: pd.DataFrame, family: Family) -> list[PublishedComparison]:
    """Return the published gains for each arm and setting of the family, those with the fewest differences first."""
    tasks = {str(s): str(t) for s, t in zip(runs["setting"], runs["task"], strict=True)}
    columns = (runs[name].astype(str) for name in ("setting", "arm", "module", "dataset", "backbone"))
    facts = {(setting, arm): tuple(rest) for setting, arm, *rest in zip(*columns, strict=True)}
    gains, comparisons = load_published_gains(), []
    for cell in family.cells:
        if cell.verdict is None or (cell.setting, cell.arm) not in facts:
            continue
        module, dataset, backbone = facts[cell.setting, cell.arm]
        same = [gain for gain in gains if (gain.module, gain.task) == (module, tasks[cell.setting])]
        comparisons += [PublishedComparison(cell, g, _list_differences(g, dataset, backbone)) for g in same]
    return sorted(comparisons, key=lambda c: (family.cells.index(c.cell), len(c.differences)))


def _list_differences(gain: PublishedGain, dataset: str, backbone: str) -> tuple[str, ...]:
    pairs = (("data", gain.dataset, dataset), ("network", gain.backbone, backbone))
    unequal = [f"{what}: {theirs}, ours {ours}" for what, theirs, ours in pairs if theirs != ours]
    return (*unequal, f"recipe: theirs {gain.recipe}")


def gain_ranges(
    comparisons: list[PublishedComparison],
) -> dict[tuple[str, str], tuple[Cell, list[GainRange]]]:
    """Return, by (arm, setting), our cell and the ranges of the papers' and the replications' gains."""
    groups: dict[tuple[str, str], list[PublishedComparison]] = {}
    for comparison in comparisons:
        groups.setdefault((comparison.cell.arm, comparison.cell.setting), []).append(comparison)
    return {key: (group[0].cell, _ranges_by_kind(group)) for key, group in groups.items()}


def _ranges_by_kind(comparisons: list[PublishedComparison]) -> list[GainRange]:
    ranges = []
    for kind in ("paper", "replication"):
        gains = [c.published.gain for c in comparisons if c.published.kind == kind]
        ranges += [GainRange(kind, len(gains), min(gains), max(gains))] if gains else []
    return ranges
