"""Collect where the numbers come from, out of the records alone: nothing about the machine that writes the report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

RECORDED_FACTS = ("python", "os", "cpu", "host", "lock")


class Provenance(NamedTuple):
    """Numbers of runs and trials by state, CPU hours, first start and last end, and the distinct values of each fact
    that the runs were made with."""

    runs: Mapping[str, int]
    trials: Mapping[str, int]
    cpu_hours: float
    first: str
    last: str
    commits: tuple[str, ...]
    facts: Mapping[str, tuple[str, ...]]


def collect_provenance(current: pd.DataFrame, runs: pd.DataFrame) -> Provenance:
    """Collect the provenance of the study's current runs and of the current trials among `runs`."""
    trials = runs[(runs["role"] == "trial") & runs["current"]]
    everything = pd.concat([current, trials]).drop_duplicates("key")
    records = [record for record in everything["provenance"] if record]
    started, ended = everything["started"].dropna(), everything["ended"].dropna()
    return Provenance(
        runs=_count_states(current),
        trials=_count_states(trials),
        cpu_hours=float(everything["cpu_seconds"].sum()) / 3600,
        first=str(started.min()) if len(started) else "",
        last=str(ended.max()) if len(ended) else "",
        commits=_distinct(_describe_commit(record) for record in records),
        facts=_collect_facts(everything, records),
    )


def _collect_facts(runs: pd.DataFrame, records: list[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    packages = [f"{name} {version}" for r in records for name, version in (r.get("versions") or {}).items()]
    return {
        **{name: _distinct(record.get(name) for record in records) for name in RECORDED_FACTS},
        "packages": _distinct(packages),
        "data": _distinct(runs["data_hash"]),
        "numeric identity": _distinct(_describe_identity(text) for text in runs["identity"].dropna()),
    }


def _count_states(runs: pd.DataFrame) -> dict[str, int]:
    return {str(state): int(n) for state, n in runs["state"].value_counts().sort_index().items()}


def _distinct(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(sorted({str(v) for v in values if v is not None and v == v}))


def _describe_commit(record: Mapping[str, object]) -> str | None:
    commit = record.get("commit")
    if commit is None:
        return None
    return f"{commit} with uncommitted changes" if record.get("dirty") else str(commit)


def _describe_identity(text: str) -> str:
    return ", ".join(f"{name} {value}" for name, value in json.loads(text).items())
