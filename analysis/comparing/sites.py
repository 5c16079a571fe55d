"""One module at several places: is the place special?"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..frames import Study
from ..statistics.verdict import Word
from .verdicts import Family


class Place(NamedTuple):
    """A module (with its options) at a site on a setting: difference from the baseline, points."""

    module: str
    arm: str
    site: str
    setting: str
    difference: float
    word: Word | None


def sites(study: Study, main: Family) -> list[Place]:
    """Arms of the main table that differ in nothing but their site, two or more of a kind."""
    groups: dict[str, list[str]] = defaultdict(list)
    for label in main.arms:
        arm = study.arms.get(label, {})
        if arm.get("module", "none") != "none" and arm.get("role") != "aa":
            groups[_kind(arm)].append(label)
    return [
        Place(kind, label, str(study.arms[label]["site"]), setting, cell.paired.mean, cell.word)
        for kind, labels in groups.items()
        if len({study.arms[label].get("site") for label in labels}) > 1
        for label in labels
        for setting in main.settings
        for cell in (main.cell(label, setting),)
    ]


def _kind(arm: Mapping[str, Any]) -> str:
    options = ", ".join(f"{k} {json.dumps(v)}" for k, v in sorted(arm.get("options", {}).items()))
    return f"{arm['module']} ({options})" if options else str(arm["module"])
