"""A whole study, compared: what tables, figures and the report draw."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from user_error import UserError

from ..frames import Recorded
from .cautions import Caution, cautions
from .controls import Control, controls
from .costs import Cost, costs
from .curves import Curve, gain_curves, learning_curves
from .gates import Gates, gates
from .provenance import Origin, origin
from .published_results import Entry, ledger
from .search import Grid, search_grids
from .sites import Place, sites
from .verdicts import Family, compare_family, slug


class Comparison(NamedTuple):
    """Everything that was decided, in the order in which it is told."""

    recorded: Recorded
    families: list[Family]
    cautions: list[Caution]
    controls: list[Control]
    gates: Gates
    costs: list[Cost]
    curves: list[Curve]
    gains: list[Curve]
    grids: list[Grid]
    ledger: list[Entry]
    origin: Origin
    sites: list[Place]

    @property
    def main(self) -> Family:
        """The family of the headline table."""
        return next((f for f in self.families if f.role == "main"), self.families[0])


def _distinct(families: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The families with names that differ as file names: two designs may vary the same reference arm."""
    taken: Counter[str] = Counter()
    named = []
    for family in families:
        place = slug(str(family["name"]))
        taken[place] += 1
        named.append(
            {**family, "name": family["name"] if taken[place] == 1 else f"{family['name']} {taken[place]}"}
        )
    return named


def compare(recorded: Recorded) -> Comparison:
    """Raises UserError where the study has nothing to compare."""
    runs = recorded.runs
    current = runs[(runs["role"] == "run") & runs["current"]]
    there = set(current["arm"])
    wanted = [f for f in recorded.study.families if f["baseline"] in there and there & set(f.get("arms", ()))]
    if not wanted or current["score"].notna().sum() == 0:
        raise UserError(
            f"study {recorded.study.name!r}: no finished run to compare yet (`python -m experiments status`)"
        )
    families = [compare_family(current, family, recorded.study) for family in _distinct(wanted)]
    probed = gates(current, recorded.study)
    main = next((f for f in families if f.role == "main"), families[0])
    return Comparison(
        recorded,
        families,
        cautions(recorded, families, probed),
        controls(recorded.study, families, probed),
        probed,
        costs(current, families),
        learning_curves(recorded),
        gain_curves(recorded, families[0].baseline),
        search_grids(runs),
        ledger(current, main),
        origin(current, runs),
        sites(recorded.study, main),
    )
