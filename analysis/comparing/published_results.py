"""Published gains beside ours: same module and task, with everything that differs named."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from ..published import Published, published
from .verdicts import Cell, Family


class Entry(NamedTuple):
    """A published gain beside one of our cells; `differs` names what is not the same, the recipe always."""

    cell: Cell
    published: Published
    differs: tuple[str, ...]


def ledger(runs: pd.DataFrame, family: Family) -> list[Entry]:
    """The closest first, for each arm and setting of the family."""
    tasks = {str(s): str(t) for s, t in zip(runs["setting"], runs["task"], strict=True)}
    columns = (runs[name].astype(str) for name in ("setting", "arm", "module", "dataset", "backbone"))
    facts = {(setting, arm): tuple(rest) for setting, arm, *rest in zip(*columns, strict=True)}
    known, found = published(), []
    for cell in family.cells:
        if cell.word is None or (cell.setting, cell.arm) not in facts:
            continue
        module, dataset, backbone = facts[cell.setting, cell.arm]
        same = [p for p in known if (p.module, p.task) == (module, tasks[cell.setting])]
        found += [Entry(cell, one, _differs(one, dataset, backbone)) for one in same]
    return sorted(found, key=lambda entry: (family.cells.index(entry.cell), len(entry.differs)))


def _differs(one: Published, dataset: str, backbone: str) -> tuple[str, ...]:
    pairs = (("data", one.dataset, dataset), ("network", one.backbone, backbone))
    named = [f"{what}: {theirs}, ours {ours}" for what, theirs, ours in pairs if theirs != ours]
    return (*named, f"recipe: theirs {one.recipe}")


class Range(NamedTuple):
    """The published gains of one kind for one cell: how many, and from where to where, points."""

    kind: str
    numbers: int
    low: float
    high: float


def ranges(entries: list[Entry]) -> dict[tuple[str, str], tuple[Cell, list[Range]]]:
    """By (arm, setting), in the ledger's order: our cell and the papers' and replications' ranges."""
    found: dict[tuple[str, str], tuple[Cell, list[Range]]] = {}
    for entry in entries:
        found.setdefault((entry.cell.arm, entry.cell.setting), (entry.cell, []))
    for (arm, setting), (_, kinds) in found.items():
        for kind in ("paper", "replication"):
            gains = [
                e.published.gain
                for e in entries
                if (e.cell.arm, e.cell.setting, e.published.kind) == (arm, setting, kind)
            ]
            kinds += [Range(kind, len(gains), min(gains), max(gains))] if gains else []
    return found
