"""Compare one module plugged at several sites."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import NamedTuple

from experiments.config.study_plan import PlannedArm

from ..frames import Study
from ..statistics.verdict import Verdict
from .family import Family


class SiteResult(NamedTuple):
    """A module (with its options) at a site on a setting: difference from the baseline, points."""

    module: str
    arm: str
    site: str
    setting: str
    difference: float
    verdict: Verdict | None


def compare_sites(study: Study, main: Family) -> list[SiteResult]:
    """Return the arms of the main table that differ from another arm in nothing but their site."""
    groups: dict[str, list[str]] = defaultdict(list)
    for label in main.arms:
        arm = study.arms.get(label, PlannedArm())
        if arm.module != "none" and arm.role != "aa":
            groups[_module_with_options(arm)].append(label)
    return [
        SiteResult(module, label, study.arms[label].site, setting, cell.paired.mean, cell.verdict)
        for module, labels in groups.items()
        if len({study.arms[label].site for label in labels}) > 1
        for label in labels
        for setting in main.settings
        for cell in (main.cell(label, setting),)
    ]


def _module_with_options(arm: PlannedArm) -> str:
    options = ", ".join(f"{k} {json.dumps(v)}" for k, v in sorted(arm.options.items()))
    return f"{arm.module} ({options})" if options else arm.module
