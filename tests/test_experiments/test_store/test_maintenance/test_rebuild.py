"""The table is built again from the run folders, whether it is lost, truncated or damaged."""

from contextlib import closing
from pathlib import Path

import pytest

from experiments.store import TABLE, StoreWriter, open_store, run_folder
from experiments.store.maintenance.rebuild import rebuild_table
from experiments.store.writer import plan_file
from tests.test_experiments.made import NOW
from tests.test_experiments.test_store.filled import SPECS, records


@pytest.mark.parametrize("loss", ["gone", "torn", "damaged"])
def test_the_table_is_made_again_from_the_folders(loss: str, filled: StoreWriter) -> None:
    before, path = records(filled), filled.path
    filled.close()
    for end in ("-wal", "-shm"):
        (path / f"{TABLE}{end}").unlink(missing_ok=True)
    table = path / TABLE
    content = table.read_bytes()
    table.unlink() if loss == "gone" else table.write_bytes(content[:5000] if loss == "torn" else b"no" * 999)
    assert rebuild_table(path, now=NOW) == (2, 4, 4, {})
    with closing(open_store(path, readonly=True)) as again:
        begun = [row for row in before["rows"] if row.state != "planned"]
        assert list(again.plan_rows("small")) == begun
        assert again.study("small") == before["study"]
        assert [again.curve(row.key) for row in begun] == [before["curves"][row.key] for row in begun]
    assert (path / f"{TABLE}.aside1").exists() == (loss != "gone")


def test_a_damaged_folder_is_named_and_not_used(filled: StoreWriter) -> None:
    path = filled.folder(SPECS[0].key)
    (path / run_folder.PREDICTIONS).write_bytes(b"torn")
    plan_file(filled.path, "other").write_text("{")
    made = rebuild_table(filled.path, now=NOW)
    assert made.unusable.keys() == {str(path), str(plan_file(filled.path, "other"))}
    with closing(open_store(filled.path, readonly=True)) as again:
        assert again.state(SPECS[0].key) == "planned"
        assert again.state(SPECS[1].key) == "finished"


def test_without_folders_and_plans_nothing_is_rebuilt(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no run folders"):
        rebuild_table(tmp_path, now=NOW)
    assert list(tmp_path.iterdir()) == []


def test_a_rebuild_that_fails_puts_the_old_table_back(
    filled: StoreWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = records(filled)
    filled.close()

    def fail(store: StoreWriter, ended: object, *, now: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(StoreWriter, "record_ended", fail)
    with pytest.raises(OSError, match="No space"):
        rebuild_table(filled.path, now=NOW)
    with closing(open_store(filled.path, readonly=True)) as again:
        assert records(again) == before
    assert list(filled.path.glob("*.aside*")) == []
