"""A store that is carried elsewhere, made anew from its folders, and swept."""

import json
import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from experiments.cli.main import main
from experiments.config.run_spec import RunSpec
from experiments.store import TABLE, StoreReader, StoreWriter, open_store, run_folder
from experiments.store.lock import SUPERVISOR, hold_lock
from experiments.store.maintenance.archive import export_study, is_archive, unpack_archive
from experiments.store.maintenance.garbage import find_garbage
from experiments.store.maintenance.rebuild import rebuild_table
from experiments.store.writer import plan_file
from tests.test_experiments.made import NOW, cell, finish, run_spec, study_row

SPECS = [run_spec(seed=seed) for seed in range(4)]


@pytest.fixture
def filled(store: StoreWriter) -> StoreWriter:
    """Two finished runs, one diverged, one planned; a second study with one run of its own."""
    store.save_study(study_row(), [cell(SPECS[1])])
    store.save_study(study_row(), [cell(spec) for spec in SPECS if spec is not SPECS[1]])  # one has left
    for spec, state in zip(SPECS[:3], ("finished", "finished", "diverged"), strict=True):
        finish_whole(store, spec, state=state)
    other = run_spec(seed=9)
    store.save_study(study_row("other"), [cell(other)])
    finish_whole(store, other)
    return store


def finish_whole(store: StoreWriter, spec: RunSpec, **changes: Any) -> None:
    """`finish`, with the run's spec beside its result as a worker leaves it."""
    run_folder.write_json(store.folder(spec.key) / run_folder.SPEC, spec.model_dump(mode="json"))
    finish(store, spec, **changes)


def told(store: StoreReader) -> dict[str, Any]:
    """All that a store says of the study `small`."""
    rows = list(store.plan_rows("small"))
    return {
        "study": store.study("small"),
        "rows": rows,
        "cells": list(store.cells("small")),
        "curves": {row.key: store.curve(row.key) for row in rows},
        "damage": {row.key: run_folder.damage(store.folder(row.key)) is None for row in rows},
    }


def test_an_exported_study_says_what_its_store_said(filled: StoreWriter, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "small.zip"
    target.parent.mkdir()
    assert export_study(filled, "small", target) == 4
    assert is_archive(target)
    assert [path.name for path in target.parent.iterdir()] == ["small.zip"]
    with unpack_archive(target) as folder, closing(open_store(folder, readonly=True)) as copy:
        assert copy.studies() == ["small"]
        assert told(copy) == told(filled)
        assert copy.attempts(SPECS[0].key) == filled.attempts(SPECS[0].key)
    assert not folder.exists()


def test_an_export_leaves_out_checkpoints_and_half_written_files(filled: StoreWriter, tmp_path: Path) -> None:
    for name in (run_folder.CHECKPOINT, "checkpoint.previous.pt", "result.json.part12"):
        (filled.folder(SPECS[0].key) / name).write_bytes(b"x")
    export_study(filled, "small", tmp_path / "small.zip")
    names = {Path(name).name for name in zipfile.ZipFile(tmp_path / "small.zip").namelist()}
    assert {TABLE, "small.json", run_folder.RESULT, run_folder.SPEC, run_folder.PREDICTIONS} == names


@pytest.mark.parametrize("member", ["../escaped", "/etc/escaped", "runs/../../escaped", "extra.py"])
def test_an_archive_with_anything_else_in_it_is_refused(
    member: str, filled: StoreWriter, tmp_path: Path
) -> None:
    target = tmp_path / "small.zip"
    export_study(filled, "small", target)
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr(member, "x")
    with pytest.raises(ValueError, match="which is not part of an exported store"), unpack_archive(target):
        pass


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_truncated_archive_is_refused_by_name(share: float, filled: StoreWriter, tmp_path: Path) -> None:
    target = tmp_path / "small.zip"
    export_study(filled, "small", target)
    target.write_bytes(target.read_bytes()[: int(share * target.stat().st_size)])
    with (
        pytest.raises(ValueError, match=r"small\.zip: cannot be read as an exported store"),
        unpack_archive(target),
    ):
        pass


def test_an_archive_that_would_fill_the_disk_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "bomb.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(TABLE, bytes(2**20))
    content = bytearray(target.read_bytes())
    for start in (content.find(b"PK\x01\x02") + 24, 22):
        content[start : start + 4] = (2**32 - 2).to_bytes(4, "little")
    target.write_bytes(content)
    with pytest.raises(ValueError, match="would unpack to"), unpack_archive(target):
        pass


def test_an_export_never_writes_over_a_file(filled: StoreWriter, tmp_path: Path) -> None:
    (tmp_path / "small.zip").write_text("mine")
    with pytest.raises(ValueError, match="exists already"):
        export_study(filled, "small", tmp_path / "small.zip")
    assert (tmp_path / "small.zip").read_text() == "mine"
    with pytest.raises(ValueError, match="ends in"):
        export_study(filled, "small", tmp_path / "small.tar")


@pytest.mark.parametrize("loss", ["gone", "torn", "damaged"])
def test_the_table_is_made_again_from_the_folders(loss: str, filled: StoreWriter) -> None:
    before, path = told(filled), filled.path
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


def test_where_nothing_is_there_nothing_is_rebuilt(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no run folders"):
        rebuild_table(tmp_path, now=NOW)
    assert list(tmp_path.iterdir()) == []


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


def test_garbage_is_told_first_and_removed_on_request(
    filled: StoreWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    left = filled.folder(SPECS[0].key).with_name(f"{SPECS[0].key}.aside1")
    left.mkdir()
    before = told(filled)
    assert main(["store", "gc", "--store", str(filled.path)]) == 0
    assert left.exists()
    assert str(left) in capsys.readouterr().out
    assert main(["store", "gc", "--yes", "--store", str(filled.path)]) == 0
    assert not left.exists()
    assert told(filled) == before


@pytest.mark.parametrize("action", ["gc", "rebuild", "migrate"])
def test_a_store_at_work_is_left_alone(
    action: str, filled: StoreWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    with hold_lock(filled.path / SUPERVISOR):
        assert main(["store", action, "--store", str(filled.path)]) == 2
    assert "is at work (process" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["export"], "required: STUDY"),
        (["gc", "small"], "unrecognized arguments: small"),
        (["rebuild", "--output", "x.zip"], "unrecognized arguments: --output"),
        (["rebuild", "--yes"], "unrecognized arguments: --yes"),
        (["sweep"], "invalid choice: 'sweep'"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(
    words: list[str], says: str, filled: StoreWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["store", *words])
    assert says in capsys.readouterr().err


def test_garbage_is_listed_as_json(filled: StoreWriter, capsys: pytest.CaptureFixture[str]) -> None:
    left = filled.folder(SPECS[0].key).with_name(f"{SPECS[0].key}.aside1")
    left.mkdir()
    (left / "log.txt").write_bytes(b"12345")
    assert main(["store", "gc", "--json", "--store", str(filled.path)]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["removed"] is False
    assert [(thing["path"], thing["bytes"]) for thing in listed["things"]] == [(str(left), 5)]


def test_the_plan_beside_the_table_is_what_the_table_has(filled: StoreWriter) -> None:
    content = json.loads(plan_file(filled.path, "small").read_bytes())
    with closing(sqlite3.connect(filled.path / TABLE)) as table:
        (count,) = table.execute("SELECT COUNT(*) FROM plan WHERE study = 'small'").fetchone()
    assert len(content["cells"]) == count == 4
