"""Verification of a store: compare files and rows with their checksums, and name what is damaged or edited."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .. import HAS_RESULT, StoreReader, run_folder

DIGEST = 32
"""Bytes of the SHA-256 at the start of a checkpoint."""


def find_problems(store: StoreReader, study: str) -> Iterator[str]:
    """Find damage in a study's records: one line each. It only reads, and may run beside a supervisor."""
    damage = store.damage()
    if damage is not None:
        yield f"{store.path}: the table is damaged ({damage}); `store rebuild` builds it again from the run folders"
    for key, state in sorted({(cell.key, cell.state) for cell in store.cells(study)}):
        yield from _verify_run(store, key, ended=state in HAS_RESULT)


def count_verified_runs(store: StoreReader, study: str) -> int:
    """Count the runs of a study that have a result, and are therefore verified in full."""
    return len({cell.key for cell in store.cells(study) if cell.state in HAS_RESULT})


def _verify_run(store: StoreReader, key: str, *, ended: bool) -> Iterator[str]:
    """Verify the checkpoints, the spec and, if the run has ended, the result of one run."""
    folder = store.folder(key)
    yield from _verify_checkpoints(folder)
    try:
        if spec_key(store.spec(key)) != key:
            yield f"{folder}: its spec in the table was edited (it is not what the key names)"
        if ended:
            yield from _verify_result(store, key, folder)
    except (ValueError, UnicodeDecodeError, sqlite3.Error) as error:
        yield f"{folder}: its rows in the table are damaged ({error})"


def _verify_result(store: StoreReader, key: str, folder: Path) -> Iterator[str]:
    """Verify a run's folder, and that the table has the same result."""
    wrong = run_folder.damage(folder)
    if wrong is not None:
        yield wrong
        return
    sealed = run_folder.read_sealed(folder)
    assert sealed is not None, "it is not damaged"
    table = store.result(key), store.state(key), store.curve(key)
    if table != (sealed, sealed.state, sealed.curve):
        yield f"{folder}: differs from the table"


def _verify_checkpoints(folder: Path) -> Iterator[str]:
    """Verify the SHA-256 of each checkpoint."""
    for path in sorted(folder.glob(f"{Path(run_folder.CHECKPOINT).stem}*.pt")):
        content = path.read_bytes()
        if hashlib.sha256(content[DIGEST:]).digest() != content[:DIGEST]:
            yield f"{path}: torn, truncated or edited (its SHA-256 does not match); the one before is used"


def spec_key(spec: dict[str, Any]) -> str:
    """Compute the key of a spec: SHA-256 of its canonical JSON."""
    content = json.dumps(spec, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()
