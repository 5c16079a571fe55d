"""Compare a whole study: everything that tables, figures and the report show."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import pandas as pd

from experiments.config.study_plan import Family as PlannedFamily
from user_error import UserError

from ..frames import StudyRecord
from .cautions.caution import Caution
from .cautions.collect import collect_cautions
from .controls import Control, evaluate_controls
from .costs import Cost, compare_costs
from .curves import Curve, average_gain_curves, average_learning_curves
from .family import Family, main_family, slug
from .gates import GateProbes, summarize_gates
from .provenance import Provenance, collect_provenance
from .published_results import PublishedComparison, compare_with_published
from .search import Grid, build_search_grids
from .sites import SiteResult, compare_sites
from .verdicts import compare_family


class Comparison(NamedTuple):
    """The results of all comparisons of a study."""

    record: StudyRecord
    families: list[Family]
    cautions: list[Caution]
    controls: list[Control]
    gates: GateProbes
    costs: list[Cost]
    curves: list[Curve]
    gains: list[Curve]
    grids: list[Grid]
    published: list[PublishedComparison]
    provenance: Provenance
    sites: list[SiteResult]

    @property
    def main(self) -> Family:
        """Return the family of the headline table."""
        return main_family(self.families)


def compare(record: StudyRecord) -> Comparison:
    """Compare the arms of a study. Raises UserError if no family has a finished run to compare."""
    runs, current = record.runs, record.current_runs
    families = [
        compare_family(current, family, record.study)
        for family in _with_unique_names(_families_to_compare(record, current))
    ]
    probes, main = summarize_gates(current, record.study), main_family(families)
    return Comparison(
        record=record,
        families=families,
        cautions=collect_cautions(record, families, probes),
        controls=evaluate_controls(record.study, families, probes),
        gates=probes,
        costs=compare_costs(current, families),
        curves=average_learning_curves(record),
        gains=average_gain_curves(record, families[0].baseline),
        grids=build_search_grids(runs),
        published=compare_with_published(current, main),
        provenance=collect_provenance(current, runs),
        sites=compare_sites(record.study, main),
    )


def _families_to_compare(record: StudyRecord, current: pd.DataFrame) -> list[PlannedFamily]:
    """Return the planned families whose baseline and at least one arm have current runs."""
    arms = set(current["arm"])
    families = [f for f in record.study.families if f.baseline in arms and arms & set(f.arms)]
    if not families or current["score"].notna().sum() == 0:
        is_undefined = (current["undefined"].fillna("") != "").any()
        reason = "no finished run has a defined score" if is_undefined else "no finished run to compare yet"
        raise UserError(f"study {record.study.name!r}: {reason} (`python -m experiments status`)")
    return families


def _with_unique_names(families: list[PlannedFamily]) -> list[PlannedFamily]:
    """Number the names that would collide as file names: two designs may vary the same reference arm."""
    counts: Counter[str] = Counter()
    renamed = []
    for family in families:
        key = slug(family.name)
        counts[key] += 1
        name = family.name if counts[key] == 1 else f"{family.name} {counts[key]}"
        renamed.append(family.model_copy(update={"name": name}))
    return renamed
