"""An exported study has the records of its store; a file that is not an export is an error."""

import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from experiments.store import TABLE, StoreWriter, open_store, run_folder
from experiments.store.maintenance.archive import export_study, is_archive, unpack_archive
from tests.test_experiments.test_store.filled import SPECS, records


def test_an_exported_study_says_what_its_store_said(filled: StoreWriter, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "small.zip"
    target.parent.mkdir()
    assert export_study(filled, "small", target) == 4
    assert is_archive(target)
    assert [path.name for path in target.parent.iterdir()] == ["small.zip"]
    with unpack_archive(target) as folder, closing(open_store(folder, readonly=True)) as copy:
        assert copy.studies() == ["small"]
        assert records(copy) == records(filled)
        assert copy.attempts(SPECS[0].key) == filled.attempts(SPECS[0].key)
    assert not folder.exists()


def test_an_export_leaves_out_checkpoints_and_half_written_files(filled: StoreWriter, tmp_path: Path) -> None:
    for name in (run_folder.CHECKPOINT, "checkpoint.previous.pt", "result.json.part12"):
        (filled.folder(SPECS[0].key) / name).write_bytes(b"x")
    export_study(filled, "small", tmp_path / "small.zip")
    names = {Path(name).name for name in zipfile.ZipFile(tmp_path / "small.zip").namelist()}
    assert {TABLE, "small.json", run_folder.RESULT, run_folder.SPEC, run_folder.PREDICTIONS} == names


@pytest.mark.parametrize("member", ["../escaped", "/etc/escaped", "runs/../../escaped", "extra.py"])
def test_an_archive_with_any_other_file_is_an_error(member: str, filled: StoreWriter, tmp_path: Path) -> None:
    target = tmp_path / "small.zip"
    export_study(filled, "small", target)
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr(member, "x")
    with pytest.raises(ValueError, match="which is not part of an exported store"), unpack_archive(target):
        pass


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_truncated_archive_is_named(share: float, filled: StoreWriter, tmp_path: Path) -> None:
    target = tmp_path / "small.zip"
    export_study(filled, "small", target)
    target.write_bytes(target.read_bytes()[: int(share * target.stat().st_size)])
    with (
        pytest.raises(ValueError, match=r"small\.zip: cannot be read as an exported store"),
        unpack_archive(target),
    ):
        pass


def test_an_archive_that_would_fill_the_disk_is_an_error(tmp_path: Path) -> None:
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
