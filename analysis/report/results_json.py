"""The verdicts as data for other programs: `results.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..comparing import Cell, Comparison, Family

SCHEMA = 1


def results_json(comparison: Comparison) -> str:
    """Everything that was decided; numbers at full precision, null where there is none."""
    return json.dumps(_plain(results(comparison)), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def results(comparison: Comparison) -> dict[str, Any]:
    """The content, by name."""
    study, origin = comparison.recorded.study, comparison.origin
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
        "origin": origin._asdict(),
    }


def _family(family: Family) -> dict[str, Any]:
    return {
        "name": family.name,
        "title": family.title,
        "role": family.role,
        "baseline": family.baseline,
        "settings": family.settings,
        "exact": family.exact,
        "smallest_p": family.smallest,
        "baselines": {s: level._asdict() for s, level in family.baselines.items()},
        "noise_floors": {s: floor._asdict() for s, floor in family.floors.items()},
        "missing": [m._asdict() for m in family.missing],
        "verdicts": [_verdict(c) for c in family.cells],
        "across": [a._asdict() for a in family.across],
    }


def _verdict(cell: Cell) -> dict[str, Any]:
    one = cell.paired
    return {
        "arm": cell.arm,
        "setting": cell.setting,
        "verdict": cell.word,
        "mean": cell.level.mean,
        "sd": cell.level.sd,
        "n": cell.level.n,
        "pairs": one.n,
        "difference": one.mean,
        "low": one.low,
        "high": one.high,
        "adjusted_p": cell.adjusted,
        "equivalence_p": cell.equivalence,
        "hedges_g": one.effect.hedges,
        "seed_correlation": cell.correlation,
        "seeds": cell.seeds,
        "differences": cell.differences,
        "more_seeds": cell.needed._asdict() if cell.needed else None,
    }


def _plain(value: Any) -> Any:
    """JSON's own types; a NaN or an infinity is null."""
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        return value if value - value == 0 else None
    return value
