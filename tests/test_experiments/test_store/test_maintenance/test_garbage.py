"""Garbage is what no study needs, and nothing else."""

import os
import shutil

from experiments.store import TABLE, StoreWriter, run_folder
from experiments.store.maintenance.garbage import find_garbage, remove_garbage
from tests.test_experiments.test_store.filled import SPECS, records


def test_only_what_no_study_needs_is_garbage(filled: StoreWriter) -> None:
    assert find_garbage(filled) == []
    folder = filled.folder(SPECS[0].key)
    expected = {
        folder.with_name(f"{folder.name}.aside1"),
        filled.path / "runs" / "ab" / ("ab" * 32),
        folder / "checkpoint.previous.pt",
        folder / "result.json.part999999999",
        filled.path / f"{TABLE}.schema1",
    }
    shutil.copytree(folder, folder.with_name(f"{folder.name}.aside1"))
    shutil.copytree(folder, filled.path / "runs" / "ab" / ("ab" * 32))
    for name in ("checkpoint.previous.pt", "result.json.part999999999"):
        (folder / name).write_bytes(b"x")
    (filled.path / f"{TABLE}.schema1").write_bytes(b"x")
    planned = filled.folder(SPECS[3].key) / run_folder.CHECKPOINT  # it has not ended: it goes on from here
    run_folder.write_whole(planned, b"x")
    assert {one.path for one in find_garbage(filled)} == expected
    assert all(one.size > 0 for one in find_garbage(filled))


def test_a_partial_file_of_a_living_process_is_no_garbage(filled: StoreWriter) -> None:
    folder = filled.folder(SPECS[0].key)
    (folder / f"result.json.part{os.getpid()}").write_bytes(b"x")
    assert find_garbage(filled) == []


def test_removing_garbage_leaves_every_record(filled: StoreWriter) -> None:
    before, folder = records(filled), filled.folder(SPECS[0].key)
    aside = folder.with_name(f"{folder.name}.aside1")
    shutil.copytree(folder, aside)
    (folder / "checkpoint.pt").write_bytes(b"12345")
    garbage = find_garbage(filled)
    assert [each.size for each in garbage if each.path.is_file()] == [5]
    remove_garbage(garbage)
    assert find_garbage(filled) == []
    assert not aside.exists()
    assert records(filled) == before
