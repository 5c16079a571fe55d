"""Recovery before a study runs: results left by a killed supervisor, damaged or stale records, runs to retry."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from user_error import UserError

from .. import HAS_RESULT, PlanRow, State, StoreReader, StoreWriter, StudyRow, run_folder


class RecoveryReport(NamedTuple):
    """What a recovery found and did, by key."""

    adopted: list[str]
    """Runs that ended before their supervisor could record it: their sealed results are now recorded."""
    damaged: dict[str, str]
    """Ended runs with a damaged folder: it is set aside and the run planned again. Key -> what is wrong."""
    stale: list[str]
    """Runs with a result of older code."""
    retried: list[str]
    """Failed runs that are planned again, on request or because the code has changed since."""


class _RunRecord(NamedTuple):
    """The fields of a run that recovery needs."""

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
    """Bring a study's records into a state from which it can run on without losing or repeating a run.

    The caller must hold the store's lock. Killed at any point, it can simply be called again.
    codes: module -> digest of the current code.
    rerun_stale: plan runs with a result of older code again.
    retry_failed: prefix of the keys of failed runs to plan again.
    Raises UserError if no failed run has such a key.
    """
    planned = store.study(study)
    rows = {row.key: _run_record(row) for row in store.plan_rows(study) if _is_included(row, planned)}
    retried = list(_find_retries(rows.values(), store.failure_codes(), codes, retry_failed))
    unrecorded = [row.key for row in rows.values() if row.state in ("planned", "interrupted", "running")]
    adopted = [key for key in unrecorded if adopt_result(store, key, now)]
    store.interrupt_running(now=now)  # after adoption, which ends the attempts of the adopted runs
    damaged = dict(_find_damage(store, rows.values()))
    stale = [row.key for row in rows.values() if row.key not in damaged and _is_stale(row, codes)]
    again = [*damaged, *(stale if rerun_stale else ())]
    for key in again:
        _set_aside(store.folder(key))
    store.reset_runs([*again, *retried])
    return RecoveryReport(adopted, damaged, stale, retried)


def check_retry(store: StoreReader, study: str, prefix: str | None) -> None:
    """Raise UserError if `prefix` of --retry-failed fits no failed run that was ever planned for the study."""
    _list_failed(map(_run_record, store.plan_rows(study)), prefix)


def _run_record(row: PlanRow) -> _RunRecord:
    return _RunRecord(row.key, row.state, row.spec["arm"]["module"], row.result.code if row.result else None)


def _find_retries(
    rows: Iterable[_RunRecord], failures: dict[str, str], codes: dict[str, str], retry: str | None
) -> Iterable[str]:
    """Find the keys of failed runs to retry: those with the prefix, and those that failed with older code."""
    for row in _list_failed(rows, retry):
        changed = row.key in failures and failures[row.key] != codes.get(row.module, failures[row.key])
        if changed or (retry is not None and row.key.startswith(retry)):
            yield row.key


def _list_failed(rows: Iterable[_RunRecord], retry: str | None) -> list[_RunRecord]:
    """List the failed runs. Raises UserError if a prefix of keys to retry fits none of them."""
    failed = [row for row in rows if row.state in ("failed", "out_of_memory")]
    if retry and not any(row.key.startswith(retry) for row in failed):
        known = ", ".join(row.key[:12] for row in failed[:8]) or "none"
        raise UserError(f"--retry-failed {retry}: no failed run has a key that begins so (failed: {known})")
    return failed


def _is_included(row: PlanRow, study: StudyRow) -> bool:
    """Whether a cell belongs to the study: in the current plan, or part of a search, which plans its cells later."""
    tuned = row.arm in study.arms and study.arms[row.arm].role == "tuned"
    return row.current or row.role == "trial" or tuned


def adopt_result(store: StoreWriter, key: str, now: str) -> bool:
    """Record the sealed result of a run whose worker or supervisor was killed before recording it.

    Return whether the run's folder has such a result.
    """
    folder = store.folder(key)
    result = run_folder.read_sealed(folder) if (folder / run_folder.RESULT).exists() else None
    if result is None or result.key != key:
        return False
    for epoch, metrics in result.curve:
        store.record_epoch(key, epoch, metrics)
    store.end_attempt(key, result.state, now=now, message=result.message, result=result)
    return True


def _find_damage(store: StoreWriter, rows: Iterable[_RunRecord]) -> Iterable[tuple[str, str]]:
    """Find ended runs with a damaged folder: key, and what is wrong."""
    for row in rows:
        if row.state in HAS_RESULT:
            wrong = run_folder.damage(store.folder(row.key))
            if wrong is not None:
                yield row.key, wrong


def _is_stale(row: _RunRecord, codes: dict[str, str]) -> bool:
    """Whether the run's result was made by other code than the current."""
    return row.code is not None and row.module in codes and row.code != codes[row.module]


def _set_aside(folder: Path) -> None:
    """Rename a run's folder, so that it can be inspected and the run starts in a new one."""
    if folder.exists():
        folder.rename(run_folder.unused_aside(folder))
