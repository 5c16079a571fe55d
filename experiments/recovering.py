"""Before anything runs: what a dead supervisor left, damaged records, results of other code, failures to retry."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from . import run_folder
from .records import HAS_RESULT, PlanRow, Store, StudyRow


class Recovered(NamedTuple):
    """What was found, by key."""

    adopted: list[str]
    """Ended before their supervisor could record it: their sealed results are taken over."""
    damaged: dict[str, str]
    """Recorded as ended, but the folder is torn or edited: set aside and planned anew. Key -> what is wrong."""
    stale: list[str]
    """Results of other code than today's."""


def recover(
    store: Store, study: str, *, codes: dict[str, str], rerun_stale: bool, retry_failed: bool, now: str
) -> Recovered:
    """Bring the study's records to a state from which running on loses and repeats nothing."""
    store.interrupt(now=now)
    planned = store.study(study)
    rows = list({row.key: row for row in store.rows(study) if _counts(row, planned)}.values())
    adopted = [row.key for row in rows if row.state in ("planned", "interrupted") and _adopt(store, row, now)]
    damaged = dict(_damaged(store, rows))
    for key in damaged:
        _set_aside(store.folder(key))
    store.reset(damaged)
    stale = [row.key for row in rows if row.key not in damaged and _is_stale(row, codes)]
    if rerun_stale:
        for key in stale:
            _set_aside(store.folder(key))
        store.reset(stale)
    if retry_failed:
        store.reset(row.key for row in rows if row.state in ("failed", "out_of_memory"))
    return Recovered(adopted, damaged, stale)


def _counts(row: PlanRow, study: StudyRow) -> bool:
    """Cells of the plan, and those of the search, which become current only when it is asked again."""
    tuned = row.arm in study.arms and study.arms[row.arm]["role"] == "tuned"
    return row.current or row.role == "trial" or tuned


def _adopt(store: Store, row: PlanRow, now: str) -> bool:
    folder = store.folder(row.key)
    result = run_folder.read_sealed(folder) if (folder / run_folder.RESULT).exists() else None
    if result is None or result["key"] != row.key:
        return False
    for epoch, metrics in result["curve"]:
        store.epoch(row.key, epoch, metrics)
    store.end(row.key, result["state"], now=now, message=result["message"], result=result)
    return True


def _damaged(store: Store, rows: Iterable[PlanRow]) -> Iterable[tuple[str, str]]:
    for row in rows:
        if row.state in HAS_RESULT:
            wrong = run_folder.damage(store.folder(row.key))
            if wrong is not None:
                yield row.key, wrong


def _is_stale(row: PlanRow, codes: dict[str, str]) -> bool:
    module = row.spec["arm"]["module"]
    return row.result is not None and module in codes and row.result["code"] != codes[module]


def _set_aside(folder: Path) -> None:
    """Keep what is there for a look, out of the way of the run that comes."""
    if folder.exists():
        number = 1
        while (aside := folder.with_name(f"{folder.name}.aside{number}")).exists():
            number += 1
        folder.rename(aside)
