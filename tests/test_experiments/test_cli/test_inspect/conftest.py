import pytest

from experiments.store import StoreWriter, run_folder
from tests.test_experiments.made import NOW, cell, finish, study_row

from .runs import OTHER, PLAIN


@pytest.fixture
def two(store: StoreWriter) -> StoreWriter:
    """A finished run, and one that failed twice."""
    store.save_study(study_row(), [cell(PLAIN), cell(OTHER, "se")])
    finish(store, PLAIN)
    for number in (1, 2):
        store.start_attempt(OTHER.key, now=NOW)
        store.end_attempt(OTHER.key, "failed", now=NOW, message=f"error: number {number}")
    run_folder.write_whole(store.folder(OTHER.key) / run_folder.LOG, b"first\nKeyError: 'x'\n")
    return store
