"""A family compared from a few scores that a test writes down."""

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.comparing import Family
from analysis.comparing.verdicts import compare_family
from analysis.frames import Study
from experiments.config.study_plan import Family as PlannedFamily
from experiments.config.study_plan import PlannedArm

Scores = Mapping[str, Mapping[str, Sequence[float]]]


def make_runs(scores: Scores) -> pd.DataFrame:
    """Return runs with the columns setting, arm, seed, score and state from scores by setting and arm, points."""
    rows = [
        {"setting": setting, "arm": arm, "seed": seed, "score": score, "state": "finished"}
        for setting, arms in scores.items()
        for arm, values in arms.items()
        for seed, score in enumerate(values)
    ]
    return pd.DataFrame(rows)


def make_study(arms: Sequence[str], roles: Mapping[str, str], *, margin: float = 1.0) -> Study:
    """Return a study of these arms; an arm without a role is a candidate."""
    described = {arm: PlannedArm(module=arm, role=roles.get(arm, "arm")) for arm in arms}
    return Study("small", {"margin": margin, "settings": {}}, [], described, [])


def compare_scores(
    scores: Scores, *, baseline: str = "none", roles: Mapping[str, str] | None = None, margin: float = 1.0
) -> Family:
    """Compare all arms with the baseline on all settings."""
    names = list(dict.fromkeys(arm for arms in scores.values() for arm in arms))
    arms = [arm for arm in names if arm != baseline]
    family = PlannedFamily(
        name="main", role="main", title="", baseline=baseline, arms=tuple(arms), settings=tuple(scores)
    )
    return compare_family(make_runs(scores), family, make_study(names, roles or {}, margin=margin))
