"""Collect every caution of a study; the report shows them all."""

from __future__ import annotations

from ..frames import StudyRecord
from . import control_cautions, run_cautions, verdict_cautions
from .caution import Caution
from .family import Family
from .gates import GateProbes


def collect_cautions(record: StudyRecord, families: list[Family], probes: GateProbes) -> list[Caution]:
    """Return a study's cautions without duplicates, alarms first."""
    cautions = [
        *control_cautions.check_positive_controls(record, families),
        *control_cautions.check_false_alarms(record, families),
        *run_cautions.check_initial_weights(record),
        *run_cautions.check_data(record),
        *verdict_cautions.check_seeds(families),
        *run_cautions.check_families(record, families),
        *run_cautions.check_missing_runs(families),
        *control_cautions.check_placebo(record),
        *control_cautions.check_constant_gates(record, probes),
        *verdict_cautions.check_noise_floors(families),
        *verdict_cautions.check_skewness(families),
        *run_cautions.check_code(record),
        *run_cautions.check_identities(record),
        *verdict_cautions.check_selection(record),
        *verdict_cautions.check_budgets(record),
        *verdict_cautions.check_best_of_several(families),
        *run_cautions.check_dropped_runs(record),
        *run_cautions.check_data_pairing(record),
        *(Caution("warning", "study", text) for text in record.study.warnings),
    ]
    return sorted(dict.fromkeys(cautions), key=lambda c: ("alarm", "warning", "note").index(c.weight))
