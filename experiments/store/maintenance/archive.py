"""Export of one study of a store to a zip file, which `status`, `verify` and `reproduce` accept as a store."""

import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from user_error import UserError

from ...config.atomic_write import replacing
from .. import TABLE, PlannedCell, StoreReader, open_store

SUFFIX = ".zip"
MEMBER = re.compile(r"store\.sqlite|studies/[a-z0-9][a-z0-9._-]*\.json|runs/[0-9a-f]{2}/[0-9a-f]{64}/[\w.-]+")
MAX_BYTES = 2**40
"""Upper limit on the unpacked size of an archive, in bytes."""


def export_study(store: StoreReader, study: str, target: Path) -> int:
    """Write a study's plan, records and run folders to a zip file; return the number of runs.

    The file exists only once it is complete. Raises UserError if it exists already, or does not end in .zip.
    """
    if target.exists():
        raise UserError(f"{target}: the file exists already; choose another name")
    if target.suffix != SUFFIX:
        raise UserError(f"{target}: choose a name that ends in {SUFFIX}")
    keys = sorted({row.key for row in store.plan_rows(study)})
    with (
        replacing(target) as part,
        tempfile.TemporaryDirectory(dir=target.parent, prefix=".export-") as folder,
    ):
        _copy_study(store, study, Path(folder), keys)
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
            for path in sorted(Path(folder).rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(folder).as_posix())
            for key in keys:
                for path in _files_to_export(store.folder(key)):
                    archive.write(path, path.relative_to(store.path).as_posix())
    return len(keys)


def _files_to_export(folder: Path) -> list[Path]:
    """List the files of a run's folder without checkpoints and partial files."""
    files = (path for path in folder.glob("*") if path.is_file() and ".part" not in path.name)
    return sorted(path for path in files if not path.name.startswith("checkpoint"))


def _copy_study(store: StoreReader, study: str, folder: Path, keys: list[str]) -> None:
    """Create a store in `folder` that has only this study; its table is a single file."""
    copy = open_store(folder)
    rows = list(store.plan_rows(study))
    copy.save_study(
        store.study(study),
        [
            PlannedCell(
                "trial" if row.role == "trial" else "run",
                row.setting,
                row.arm,
                row.seed,
                row.key,
                row.spec,
                row.trial,
                row.generation,
            )
            for row in rows
        ],
    )
    copy.copy_records(store, study, keys)
    copy.close()
    with sqlite3.connect(folder / TABLE, isolation_level=None) as table:
        table.execute("PRAGMA journal_mode = DELETE")
    table.close()


@contextmanager
def unpack_archive(archive: Path) -> Iterator[Path]:
    """Unpack an archive to a temporary store while the context is open. Raises UserError if it is not an archive."""
    with tempfile.TemporaryDirectory(prefix="store-") as folder:
        try:
            with zipfile.ZipFile(archive) as source:
                _check_members(archive, source)
                source.extractall(folder)
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as error:
            raise UserError(f"{archive}: cannot be read as an exported store ({error})") from error
        yield Path(folder)


def _check_members(path: Path, archive: zipfile.ZipFile) -> None:
    """Raise UserError for files that `export_study` does not write, and for an implausible size."""
    members = archive.infolist()
    for member in members:
        if not MEMBER.fullmatch(member.filename) or ".." in member.filename:
            raise UserError(f"{path}: contains {member.filename!r}, which is not part of an exported store")
    if TABLE not in archive.namelist():
        raise UserError(f"{path}: contains no {TABLE}, so it is not an exported store")
    size = sum(member.file_size for member in members)
    if size > min(MAX_BYTES, 200 * path.stat().st_size + 2**30):
        raise UserError(f"{path}: would unpack to {size} bytes, too many for an exported store")


def is_archive(path: Path) -> bool:
    """Whether a path names an exported store instead of a folder."""
    return path.suffix == SUFFIX and path.is_file()
