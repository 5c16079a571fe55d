"""Collect every caution of a study; the report shows them all."""

from __future__ import annotations

from ...frames import StudyRecord
from ..family import Family
from ..gates import GateProbes
from . import controls, runs, verdicts
from .caution import Caution


def collect_cautions(record: StudyRecord, families: list[Family], probes: GateProbes) -> list[Caution]:
    """Return a study's cautions without duplicates, alarms first."""
    cautions = [
        *controls.check_positive_controls(record, families),
        *controls.check_false_alarms(record, families),
        *runs.check_initial_weights(record),
        *runs.check_data(record),
        *verdicts.check_seeds(families),
        *runs.check_families(record, families),
        *runs.check_missing_runs(families),
        *runs.check_records(record),
        *controls.check_placebo(record),
        *controls.check_constant_gates(record, probes),
        *verdicts.check_noise_floors(families),
        *verdicts.check_skewness(families),
        *runs.check_code(record),
        *runs.check_identities(record),
        *verdicts.check_selection(record),
        *verdicts.check_budgets(record),
        *verdicts.check_best_of_several(families),
        *runs.check_dropped_runs(record),
        *runs.check_data_pairing(record),
        *(Caution("warning", "study", text) for text in record.study.warnings),
    ]
    return sorted(dict.fromkeys(cautions), key=lambda c: ("alarm", "warning", "note").index(c.weight))
