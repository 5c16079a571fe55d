"""The type of a caution: what a reader must know before believing a verdict."""

from __future__ import annotations

from typing import Literal, NamedTuple

Weight = Literal["alarm", "warning", "note"]
MAX_LISTED = 12  # runs that a caution names one by one


class Caution(NamedTuple):
    """`alarm`: the verdicts cannot be trusted as they stand; `warning`: a limitation; `note`: context."""

    weight: Weight
    topic: str
    text: str
