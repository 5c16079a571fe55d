"""Cautions about the verdicts: too few seeds, noise, skewed differences, and selection after looking at results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pandas as pd

from ...frames import StudyRecord
from ...statistics import best_of_nulls, fewest_seeds
from ..family import Family
from .caution import Caution


def check_seeds(families: list[Family]) -> Iterator[Caution]:
    """Yield an alarm for families with too few seeds to reach any significant result."""
    short = [f for f in families if f.pairs and f.smallest_p > f.alpha]
    if short:
        fewest, pairs = fewest_seeds(short[0].alpha), max(f.pairs for f in short)
        where = "" if len(short) == len(families) else f" ({'; '.join(f.label for f in short)})"
        text = (
            f"with {pairs} seeds the smallest attainable p is {min(f.smallest_p for f in short):.3g}, above "
            f"{short[0].alpha:g}: no arm could be found BETTER or WORSE{where}. {fewest} seeds are the fewest that can"
        )
        yield Caution("alarm", "too few seeds", text)


def check_noise_floors(families: list[Family]) -> Iterator[Caution]:
    """Yield a warning for every setting whose noise floor exceeds the margin."""
    floors_by_setting: dict[str, list[str]] = defaultdict(list)
    for family in families:
        for setting, noise in family.floors.items():
            if noise.floor > family.margin:
                floors_by_setting[setting].append(f"{noise.floor:.2f} points for {family.baseline}")
    for setting, floors in floors_by_setting.items():
        text = (
            f"{setting}: the noise floor ({', '.join(dict.fromkeys(floors))}) is above the margin "
            f"({families[0].margin:g}): differences that matter can hide in it"
        )
        yield Caution("warning", "noise", text)


def check_skewness(families: list[Family]) -> Iterator[Caution]:
    """Yield a warning for every family with skewed paired differences."""
    for family in families:
        if family.skewness.exceeds_limit:
            text = (
                f"{family.label}: the paired differences look skewed (pooled skewness {family.skewness.value:+.2f}; "
                f"normal ones stay within {family.skewness.limit:.2f}): 95 % intervals may cover less than 92 %, and "
                "p values are approximate"
            )
            yield Caution("warning", "skewed differences", text)


def _trial_counts(record: StudyRecord) -> pd.Series[int]:
    """Return the number of search trials of each (setting, arm); empty for a study without tuned arms."""
    trials = _trials(record)
    tuned = bool(record.study.arms_with_role("tuned"))
    return (trials if tuned else trials[:0]).groupby(["setting", "arm"]).size()


def _trials(record: StudyRecord) -> pd.DataFrame:
    return record.runs[record.runs["role"] == "trial"]


def check_selection(record: StudyRecord) -> Iterator[Caution]:
    """Yield a note for arms selected by the search, or an alarm if their verdicts reuse its seeds."""
    counts = _trial_counts(record)
    if counts.empty:
        return
    budget = f"{counts.min()}" if counts.nunique() == 1 else f"{counts.min()} to {counts.max()}"
    tuned = ", ".join(record.study.arms_with_role("tuned"))
    text = f"{tuned} were selected from {budget} trials each by their score on the validation split"
    if set(_trials(record)["trained_seed"]) & set(record.current_runs["trained_seed"]):
        text = f"{text}, and the verdicts use a seed of the search: they are biased upwards"
        yield Caution("alarm", "selection", text)
    else:
        yield Caution("note", "selection", f"{text}; their verdicts come from fresh seeds only")


def check_budgets(record: StudyRecord) -> Iterator[Caution]:
    """Yield a warning for every setting whose arms were searched with unequal numbers of trials."""
    counts = _trial_counts(record)
    kinds = counts.groupby("setting").nunique()
    for setting in kinds[kinds > 1].index:
        here = counts[counts.index.get_level_values("setting") == setting]
        arms = here.index.get_level_values("arm")
        budgets = ", ".join(f"{arm} {n}" for arm, n in zip(arms, here, strict=True))
        yield Caution(
            "warning", "search budget", f"{setting}: arms were tuned with unequal budgets ({budgets})"
        )


def check_best_of_several(families: list[Family]) -> Iterator[Caution]:
    """Yield the winner's curse of each family: quoting the largest of several gains is a selection."""
    for family in families:
        arms = [arm for arm in family.arms if not family.is_control(arm)]
        better = [c for c in family.cells if c.verdict == "BETTER" and c.arm in arms]
        if len(arms) > 1 and better:
            best = max(better, key=lambda cell: cell.paired.mean)
            error = best.paired.sd / len(best.seeds) ** 0.5
            text = (
                f"{family.label}: {best.arm} on {best.setting} is the largest of {len(arms)} arms' gains; quoted for "
                "that reason it is selected after looking and too high on average, by up to "
                f"{best_of_nulls(len(arms)) * error:.2f} points (the expected best of {len(arms)} arms without "
                "effect). Confirm it on fresh seeds"
            )
            yield Caution("note", "best of several", text)
