"""Where the numbers come from, read from the records alone: nothing of the moment or machine of drawing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pandas as pd


class Origin(NamedTuple):
    """Counts, spans and the distinct values that a study's runs were made with."""

    runs: Mapping[str, int]
    trials: Mapping[str, int]
    cpu_hours: float
    first: str
    last: str
    commits: tuple[str, ...]
    facts: Mapping[str, tuple[str, ...]]


FACTS = ("python", "os", "cpu", "host", "lock")


def origin(current: pd.DataFrame, runs: pd.DataFrame) -> Origin:
    """Of the runs in the study's plan (`current`) and the trials among `runs`."""
    trials = runs[(runs["role"] == "trial") & runs["current"]]
    everything = pd.concat([current, trials]).drop_duplicates("key")
    records = [p for p in everything["provenance"] if p]
    started, ended = everything["started"].dropna(), everything["ended"].dropna()
    facts = {name: _distinct(p.get(name) for p in records) for name in FACTS}
    packages = [f"{name} {version}" for p in records for name, version in (p.get("versions") or {}).items()]
    facts |= {
        "packages": _distinct(packages),
        "data": _distinct(everything["data_hash"]),
        "numeric identity": _distinct(_identity(text) for text in everything["identity"].dropna()),
    }
    return Origin(
        _counts(current),
        _counts(trials),
        float(everything["cpu_seconds"].sum()) / 3600,
        str(started.min()) if len(started) else "",
        str(ended.max()) if len(ended) else "",
        _distinct(_commit(p) for p in records),
        facts,
    )


def _counts(runs: pd.DataFrame) -> dict[str, int]:
    return {str(state): int(n) for state, n in runs["state"].value_counts().sort_index().items()}


def _distinct(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(sorted({str(v) for v in values if v is not None and v == v}))


def _commit(provenance: Mapping[str, object]) -> str | None:
    commit = provenance.get("commit")
    return (
        None
        if commit is None
        else f"{commit}{' with uncommitted changes' if provenance.get('dirty') else ''}"
    )


def _identity(text: str) -> str:
    return ", ".join(f"{name} {value}" for name, value in json.loads(text).items())
