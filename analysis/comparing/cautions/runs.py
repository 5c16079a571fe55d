"""Cautions about the runs: broken pairing, mixed data, code or machines, and runs that are missing or left out."""

from __future__ import annotations

from collections.abc import Iterator

from ...frames import StudyRecord
from ..family import UNFINISHED, Family, MissingRun
from .caution import MAX_LISTED, Caution

INCOMPLETE = "IncompleteRecord"
"""The class of a run's own warnings that something was not recorded (`experiments.reproducibility`)."""


def check_initial_weights(record: StudyRecord) -> Iterator[Caution]:
    """Yield an alarm where arms paired by seed started from different backbone weights."""
    paired_arms = [
        label for label, arm in record.study.arms.items() if arm.paired != "data" and arm.role != "aa"
    ]
    runs = record.current_runs.dropna(subset=["backbone_hash"])
    runs = runs[runs["arm"].isin(paired_arms)]
    kinds = runs.groupby(["setting", "seed"])["backbone_hash"].nunique()
    if (unequal := kinds[kinds > 1]).size:
        where = "; ".join(f"{setting} seed {seed}" for setting, seed in unequal.index[:MAX_LISTED])
        text = f"arms declared as paired did not start from the same backbone weights: {where}"
        yield Caution("alarm", "pairing", text)


def check_data(record: StudyRecord) -> Iterator[Caution]:
    """Yield an alarm for every setting whose runs were trained on different data."""
    kinds = record.current_runs.groupby("setting")["data_hash"].nunique()
    for setting in kinds[kinds > 1].index:
        text = f"runs of {setting} were trained on different data (content hashes differ)"
        yield Caution("alarm", "data", text)


def check_families(record: StudyRecord, families: list[Family]) -> Iterator[Caution]:
    """Yield a warning for every planned family that has no runs to compare."""
    compared = {(family.role, family.baseline, family.arms) for family in families}
    for planned in record.study.families:
        key = (planned.role, planned.baseline, planned.arms)
        if planned.arms and key not in compared:
            text = f"{planned.title or planned.name}: none of its runs exists yet"
            yield Caution("warning", "unfinished", text)


def check_missing_runs(families: list[Family]) -> Iterator[Caution]:
    """Yield a warning for the unfinished runs, and one for the runs that ended without a score."""
    missing = list(dict.fromkeys(run for family in families for run in family.missing))
    unfinished = [run for run in missing if run.state in UNFINISHED]
    lost = [run for run in missing if run.state not in UNFINISHED]
    for runs, reason in ((unfinished, "not finished"), (lost, "without a score")):
        if runs:
            text = f"{_count_runs(runs)} of the compared arms {reason}, so that blocks lack a pair: {_list_runs(runs)}"
            yield Caution("warning", "unbalanced", text)


def _count_runs(runs: list[MissingRun]) -> str:
    return "1 run" if len(runs) == 1 else f"{len(runs)} runs"


def _list_runs(runs: list[MissingRun]) -> str:
    listed = "; ".join(f"{r.arm} on {r.setting} seed {r.seed} ({r.state})" for r in runs[:MAX_LISTED])
    return listed + (f"; and {len(runs) - MAX_LISTED} more" if len(runs) > MAX_LISTED else "")


def check_records(record: StudyRecord) -> Iterator[Caution]:
    """Yield a warning for each part of a record that runs say they lack: a probe that failed, an undefined score."""
    runs_by_text: dict[str, list[str]] = {}
    for run in record.current_runs.to_dict("records"):
        for text in run["warnings"]:
            kind, _, what = str(text).partition(": ")
            if kind == INCOMPLETE:
                runs_by_text.setdefault(what, []).append(
                    f"{run['arm']} on {run['setting']} seed {run['seed']}"
                )
    for what, runs in runs_by_text.items():
        listed = "; ".join(runs[:MAX_LISTED]) + (
            f"; and {len(runs) - MAX_LISTED} more" if runs[MAX_LISTED:] else ""
        )
        yield Caution("warning", "incomplete record", f"{what}: {listed}")


def check_code(record: StudyRecord) -> Iterator[Caution]:
    """Yield warnings for several versions of the code and for another than the last plan's; note uncommitted code."""
    runs = record.current_runs
    kinds = runs.dropna(subset=["code"]).groupby("module")["code"].nunique()
    if (mixed := kinds[kinds > 1]).size:
        modules = ", ".join(map(str, mixed.index))
        text = f"runs of {modules} come from different versions of the code (run again with --rerun-stale)"
        yield Caution("warning", "stale code", text)
    current = runs["module"].map(lambda module: record.study.codes.get(str(module)))
    stale = runs[runs["code"].notna() & current.notna() & (runs["code"] != current)]
    if len(stale):
        modules = ", ".join(map(str, dict.fromkeys(stale["module"])))
        what = f"{len(stale)} results of {modules} were made by other code than the last plan's"
        text = f"{what} (run again with --rerun-stale)"
        yield Caution("warning", "other code", text)
    if any(provenance.get("dirty") for provenance in runs["provenance"]):
        text = "some runs were made with uncommitted changes in the repository"
        yield Caution("note", "uncommitted code", text)


def check_identities(record: StudyRecord) -> Iterator[Caution]:
    """Yield a warning for every setting whose runs come from numerically different machines or versions."""
    kinds = record.current_runs.dropna(subset=["identity"]).groupby("setting")["identity"].nunique()
    for setting in kinds[kinds > 1].index:
        text = f"runs of {setting} have {kinds[setting]} numeric identities (machines or versions differ)"
        yield Caution("warning", "numeric identity", text)


def check_dropped_runs(record: StudyRecord) -> Iterator[Caution]:
    """Yield a note for recorded runs that the study file no longer asks for."""
    current, runs = record.current_runs, record.runs
    dropped = runs[(runs["role"] == "run") & ~runs["current"]]
    if dropped.empty:
        return
    arms = [a for a in dict.fromkeys(dropped["arm"]) if a not in set(current["arm"])]
    seeds = sorted({int(s) for s in dropped["seed"]} - {int(s) for s in current["seed"]})
    parts = [f"arms {', '.join(arms)}"] if arms else []
    parts += [f"seeds {', '.join(map(str, seeds))}"] if seeds else []
    what = " and ".join(parts) or "some combinations"
    text = f"{len(dropped)} recorded runs are no longer in the study file ({what}): not compared"
    yield Caution("note", "left the study", text)


def check_data_pairing(record: StudyRecord) -> Iterator[Caution]:
    """Yield a note for the arms that share data but not weights with the baseline."""
    arms = [label for label, arm in record.study.arms.items() if arm.paired == "data"]
    if arms:
        text = f"{', '.join(arms)}: paired on data only, because their networks differ in shape from the baseline's"
        yield Caution("note", "pairing", text)
