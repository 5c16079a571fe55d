"""Gains that papers and replications report, each with its source and how it was checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, NamedTuple

Checked = Literal["read", "third-party transcription", "unverified"]


class PublishedGain(NamedTuple):
    """One reported gain, in points of `metric` (higher is better), over that source's own baseline.

    `checked`: `unverified` numbers were quoted from memory and not read again; they are marked wherever printed."""

    module: str
    task: str
    dataset: str
    backbone: str
    metric: str
    baseline: float | None
    value: float | None
    gain: float
    kind: Literal["paper", "replication"]
    recipe: str
    source: str
    table: str
    checked: Checked
    note: str


def load_published_gains() -> list[PublishedGain]:
    """Return all published gains in the order of the data file, `gains.json`."""
    return [
        PublishedGain(**row)
        for row in json.loads(Path(__file__).with_name("gains.json").read_text(encoding="utf-8"))
    ]
