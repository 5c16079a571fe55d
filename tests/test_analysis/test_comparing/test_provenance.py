"""Provenance collected from the records of runs."""

from typing import Any

import pandas as pd

from analysis.comparing import Comparison
from analysis.comparing.provenance import collect_provenance


def run(key: str, **changes: Any) -> dict[str, Any]:
    return {
        "key": key,
        "role": "run",
        "current": True,
        "state": "finished",
        "cpu_seconds": 1800.0,
        "data_hash": "d",
        "identity": '{"threads": 1}',
        "provenance": {"commit": "abc", "dirty": False, "versions": {"torch": "2.0"}, "python": "3.11"},
        "started": "2026-01-02",
        "ended": "2026-01-03",
    } | changes


def test_counts_times_and_distinct_facts_come_from_the_runs() -> None:
    rows = [
        run("1"),
        run("2", provenance={"commit": "abc", "dirty": True}, started="2026-01-01", ended="2026-01-05"),
        run("3", state="failed", provenance={}, cpu_seconds=float("nan"), identity=None),
        run("4", role="trial"),
    ]
    runs = pd.DataFrame(rows)
    result = collect_provenance(runs[runs["role"] == "run"], runs)
    assert result.runs == {"failed": 1, "finished": 2}
    assert result.trials == {"finished": 1}
    assert result.cpu_hours == 1.5
    assert (result.first, result.last) == ("2026-01-01", "2026-01-05")
    assert result.commits == ("abc", "abc with uncommitted changes")
    assert result.facts["packages"] == ("torch 2.0",)
    assert result.facts["numeric identity"] == ("threads 1",)


def test_a_studys_provenance_covers_its_runs_and_trials(comparison: Comparison) -> None:
    provenance = comparison.provenance
    assert provenance.runs == {"finished": 108}
    assert provenance.trials == {"finished": 32}
    assert provenance.facts["packages"] == ("timm 1.0.31", "torch 2.13.0")
    assert provenance.first == provenance.last == "2026-01-02T03:04:05+00:00"
