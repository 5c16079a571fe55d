"""What papers and replications report, each number with where it stands and how it was checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, NamedTuple

Checked = Literal["read", "third-party transcription", "unverified"]


class Published(NamedTuple):
    """One reported gain in points of `metric` (higher is better) over that source's own baseline.

    `unverified`: remembered, not read again; it stays marked wherever it is printed."""

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


def published() -> list[Published]:
    """All of them, as the data file has them."""
    return [
        Published(**row)
        for row in json.loads(Path(__file__).with_name("gains.json").read_text(encoding="utf-8"))
    ]
