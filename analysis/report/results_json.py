"""Write the results as data for other programs: `results.json`, described by `results.schema.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..comparing import Cell, Comparison, Family

SCHEMA = 1


def dump_results(comparison: Comparison) -> str:
    """Return the JSON text of a study's results, at full precision; NaN and infinities are null."""
    content = _to_json_types(collect_results(comparison))
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def collect_results(comparison: Comparison) -> dict[str, Any]:
    """Return the content of `results.json` as Python objects."""
    study = comparison.record.study
    return {
        "schema": SCHEMA,
        "study": study.name,
        "title": study.spec.get("title", ""),
        "question": study.spec.get("question", ""),
        "unit": "points",
        "margin": study.margin,
        "alpha": study.alpha,
        "families": [_family(f) for f in comparison.families],
        "cautions": [c._asdict() for c in comparison.cautions],
        "controls": [c._asdict() for c in comparison.controls],
        "gates": [g._asdict() for g in comparison.gates.gates],
        "reliance": [r._asdict() for r in comparison.gates.reliance],
        "costs": [c._asdict() for c in comparison.costs],
        "origin": comparison.provenance._asdict(),
    }


def _family(family: Family) -> dict[str, Any]:
    return {
        "name": family.name,
        "title": family.title,
        "role": family.role,
        "baseline": family.baseline,
        "settings": family.settings,
        "exact": family.exact,
        "smallest_p": family.smallest_p,
        "baselines": {s: level._asdict() for s, level in family.baselines.items()},
        "noise_floors": {s: noise._asdict() for s, noise in family.floors.items()},
        "missing": [m._asdict() for m in family.missing],
        "verdicts": [_verdict(c) for c in family.cells],
        "across": [a._asdict() for a in family.over_settings],
    }


def _verdict(cell: Cell) -> dict[str, Any]:
    test = cell.paired
    return {
        "arm": cell.arm,
        "setting": cell.setting,
        "verdict": cell.verdict,
        "mean": cell.level.mean,
        "sd": cell.level.sd,
        "n": cell.level.n,
        "pairs": test.n,
        "difference": test.mean,
        "low": test.low,
        "high": test.high,
        "adjusted_p": cell.adjusted,
        "equivalence_p": cell.equivalence,
        "hedges_g": test.effect.hedges,
        "seed_correlation": cell.correlation,
        "seeds": cell.seeds,
        "differences": cell.differences,
        "more_seeds": cell.needed._asdict() if cell.needed else None,
    }


def _to_json_types(value: Any) -> Any:
    """Convert named tuples, mappings and sequences to JSON's types, and non-finite numbers to None."""
    if hasattr(value, "_asdict"):
        return _to_json_types(value._asdict())
    if isinstance(value, Mapping):
        return {str(k): _to_json_types(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_to_json_types(v) for v in value]
    if isinstance(value, float):
        return value if value - value == 0 else None
    return value
