"""Before anything runs: what a dead supervisor left, damaged records, results of other code, failures to retry."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from user_error import UserError

from .. import HAS_RESULT, PlanRow, State, StoreWriter, StudyRow, run_folder


class RecoveryReport(NamedTuple):
    """What was found, by key."""

    adopted: list[str]
    """Ended before their supervisor could record it: their sealed results are taken over."""
    damaged: dict[str, str]
    """Recorded as ended, but the folder is torn or edited: set aside and planned anew. Key -> what is wrong."""
    stale: list[str]
    """Results of other code than today's."""
    retried: list[str]
    """Failed, and tried again: on request, or because the code has changed since."""


class _RunRecord(NamedTuple):
    """What is looked at of a run."""

    key: str
    state: State
    module: str
    code: str | None


def recover(
    store: StoreWriter,
    study: str,
    *,
    codes: dict[str, str],
    rerun_stale: bool,
    retry_failed: str | None,
    now: str,
) -> RecoveryReport:
    """Bring the study's records to a state from which running on loses and repeats nothing.

    `retry_failed`: the beginning of the keys to try again. Raises UserError where no failed run has such a key.
    """
    planned = store.study(study)
    rows = {row.key: _run_record(row) for row in store.plan_rows(study) if _is_included(row, planned)}
    retried = list(_find_retries(rows.values(), store.failure_codes(), codes, retry_failed))
    unrecorded = [row.key for row in rows.values() if row.state in ("planned", "interrupted", "running")]
    adopted = [key for key in unrecorded if adopt_result(store, key, now)]
    store.interrupt_running(now=now)  # after it: an attempt that was adopted has ended
    damaged = dict(_find_damage(store, rows.values()))
    stale = [row.key for row in rows.values() if row.key not in damaged and _is_stale(row, codes)]
    again = [*damaged, *(stale if rerun_stale else ())]
    for key in again:
        _set_aside(store.folder(key))
    store.reset_runs([*again, *retried])
    return RecoveryReport(adopted, damaged, stale, retried)


def _run_record(row: PlanRow) -> _RunRecord:
    return _RunRecord(row.key, row.state, row.spec["arm"]["module"], row.result.code if row.result else None)


def _find_retries(
    rows: Iterable[_RunRecord], failures: dict[str, str], codes: dict[str, str], retry: str | None
) -> Iterable[str]:
    """Failed runs that were asked for, and those that failed with other code than today's."""
    failed = [row for row in rows if row.state in ("failed", "out_of_memory")]
    if retry and not any(row.key.startswith(retry) for row in failed):
        known = ", ".join(row.key[:12] for row in failed[:8]) or "none has"
        raise UserError(f"--retry-failed {retry}: no run of this key has failed (failed: {known})")
    for row in failed:
        changed = row.key in failures and failures[row.key] != codes.get(row.module, failures[row.key])
        if changed or (retry is not None and row.key.startswith(retry)):
            yield row.key


def _is_included(row: PlanRow, study: StudyRow) -> bool:
    """Cells of the plan, and those of the search, which become current only when it is asked again."""
    tuned = row.arm in study.arms and study.arms[row.arm].role == "tuned"
    return row.current or row.role == "trial" or tuned


def adopt_result(store: StoreWriter, key: str, now: str) -> bool:
    """Take over the sealed result of a run whose worker or supervisor died before it was recorded."""
    folder = store.folder(key)
    result = run_folder.read_sealed(folder) if (folder / run_folder.RESULT).exists() else None
    if result is None or result.key != key:
        return False
    for epoch, metrics in result.curve:
        store.record_epoch(key, epoch, metrics)
    store.end_attempt(key, result.state, now=now, message=result.message, result=result)
    return True


def _find_damage(store: StoreWriter, rows: Iterable[_RunRecord]) -> Iterable[tuple[str, str]]:
    for row in rows:
        if row.state in HAS_RESULT:
            wrong = run_folder.damage(store.folder(row.key))
            if wrong is not None:
                yield row.key, wrong


def _is_stale(row: _RunRecord, codes: dict[str, str]) -> bool:
    return row.code is not None and row.module in codes and row.code != codes[row.module]


def _set_aside(folder: Path) -> None:
    """Keep what is there for a look, out of the way of the run that comes."""
    if folder.exists():
        number = 1
        while (aside := folder.with_name(f"{folder.name}.aside{number}")).exists():
            number += 1
        folder.rename(aside)
