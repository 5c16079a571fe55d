"""Run a recorded run again and compare it bit by bit."""

import json
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from .records import Store
from .running import run
from .spec import RunSpec


class Verdict(NamedTuple):
    """Whether the bits are the same, and what to tell."""

    same: bool
    text: str


def again(records: Store, key: str, *, cache: Path) -> Verdict:
    """Train the run anew in a temporary folder; raises ValueError for a run without a result."""
    recorded = records.result(key)
    if recorded is None:
        raise ValueError(f"run {key[:12]}: has no result to compare with (state: {records.state(key)})")
    spec = RunSpec.model_validate_json(json.dumps(records.spec(key)))
    with tempfile.TemporaryDirectory() as folder:
        fresh = run(spec, Path(folder), cache=cache, report=lambda epoch, metrics: None)
    return compare(key, recorded, json.loads(json.dumps(fresh)))


def compare(key: str, recorded: dict[str, Any], fresh: dict[str, Any]) -> Verdict:
    """Final weights, every epoch's metrics, and the test metrics."""
    if fresh["identity"] != recorded["identity"]:
        changed = sorted(k for k in fresh["identity"] if fresh["identity"][k] != recorded["identity"].get(k))
        distance = _distance(recorded, fresh)
        return Verdict(False, f"{key[:12]} OTHER NUMERIC IDENTITY ({', '.join(changed)}): off by {distance}")
    for (epoch, before), (_, after) in zip(recorded["curve"], fresh["curve"], strict=False):
        if before != after:
            return Verdict(False, f"{key[:12]} DIFFERENT from epoch {epoch} on: {_distance(recorded, fresh)}")
    same = all(
        fresh.get(part) == recorded.get(part) for part in ("state", "metrics", "validation", "final_weights")
    )
    return Verdict(same, f"{key[:12]} {'BIT-IDENTICAL' if same else 'DIFFERENT after the last epoch'}")


def _distance(recorded: dict[str, Any], fresh: dict[str, Any]) -> str:
    primary = recorded["primary"]
    if "metrics" not in recorded or "metrics" not in fresh:
        return f"{recorded['state']} then, {fresh['state']} now"
    return (
        f"{primary} {100 * recorded['metrics'][primary]:.3f} then, {100 * fresh['metrics'][primary]:.3f} now"
    )
