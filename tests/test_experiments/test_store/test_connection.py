"""A store is opened for reading or writing; a file that is not a store is named."""

import sqlite3
from pathlib import Path

import pytest

from experiments.store import SCHEMA, StoreReader, StoreWriter, open_store
from tests.test_experiments.made import cell, run_spec, study_row


def test_opening_for_reading_creates_no_store(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no run store here"):
        open_store(tmp_path / "store", readonly=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("readonly", [True, False])
def test_a_file_that_is_not_a_store_is_named(tmp_path: Path, readonly: bool) -> None:
    (tmp_path / "store.sqlite").write_bytes(b"these bytes are no table at all" * 99)
    with pytest.raises(ValueError, match=r"store\.sqlite: cannot be opened"):
        open_store(tmp_path, readonly=readonly)


def test_a_table_that_nobody_has_filled_yet_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").touch()
    with pytest.raises(ValueError, match=r"store"):
        open_store(tmp_path, readonly=True)


def test_a_store_of_a_newer_version_is_named(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "store.sqlite") as table:
        table.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    table.close()
    with pytest.raises(ValueError, match=f"newer version .schema {SCHEMA + 1}"):
        open_store(tmp_path)


def test_a_store_is_opened_as_what_it_is_for(store: StoreWriter) -> None:
    reader = open_store(store.path, readonly=True)
    assert type(store) is StoreWriter
    assert type(reader) is StoreReader
    reader.close()


def test_the_table_is_in_wal_mode(store: StoreWriter) -> None:
    assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert (store.path / "store.sqlite").exists()


def test_opening_again_keeps_what_is_recorded(tmp_path: Path) -> None:
    first = open_store(tmp_path)
    first.save_study(study_row(), [cell(run_spec())])
    first.close()
    second = open_store(tmp_path)
    assert second.studies() == ["small"]
    second.close()


def test_a_store_in_a_folder_that_cannot_be_written_is_read_without_a_lock(
    store: StoreWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save_study(study_row(), [cell(run_spec())])
    store.close()
    store._db = sqlite3.connect(store.path / "store.sqlite")
    monkeypatch.setattr("os.access", lambda path, mode: False)
    reader = open_store(store.path, readonly=True)
    assert reader.studies() == ["small"]
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._db.execute("DELETE FROM studies")
    reader.close()


def test_a_store_whose_folder_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("mine")
    with pytest.raises(ValueError, match="no run store can be created here"):
        open_store(tmp_path / "store")
