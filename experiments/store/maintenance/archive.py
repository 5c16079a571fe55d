"""A study of a store as one zip file, which `status`, `verify` and `reproduce` take as a store elsewhere."""

import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from user_error import UserError

from .. import TABLE, PlannedCell, StoreReader, open_store

SUFFIX = ".zip"
MEMBER = re.compile(r"store\.sqlite|studies/[a-z0-9][a-z0-9._-]*\.json|runs/[0-9a-f]{2}/[0-9a-f]{64}/[\w.-]+")
MAX_BYTES = 2**40
"""Bytes that an archive may unpack to."""


def export_study(store: StoreReader, study: str, target: Path) -> int:
    """Write the study's plan, records and run folders into one file; the number of runs. Raises UserError."""
    if target.exists():
        raise UserError(f"{target}: exists already; name another file")
    if target.suffix != SUFFIX:
        raise UserError(f"{target}: name a file that ends in {SUFFIX}")
    keys = sorted({row.key for row in store.plan_rows(study)})
    part = target.with_name(f"{target.name}.part")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".export-") as folder:
            _copy_study(store, study, Path(folder), keys)
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
                for path in sorted(Path(folder).rglob("*")):
                    if path.is_file():
                        archive.write(path, path.relative_to(folder).as_posix())
                for key in keys:
                    for path in _files_to_export(store.folder(key)):
                        archive.write(path, path.relative_to(store.path).as_posix())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return len(keys)


def _files_to_export(folder: Path) -> list[Path]:
    """What a run's folder keeps: no checkpoint, no half-written file."""
    kept = (path for path in folder.glob("*") if path.is_file() and ".part" not in path.name)
    return sorted(path for path in kept if not path.name.startswith("checkpoint"))


def _copy_study(store: StoreReader, study: str, folder: Path, keys: list[str]) -> None:
    """A store of this one study, in a single file."""
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
    """The archive as a store's folder, for as long as the body runs. Raises UserError, one line."""
    with tempfile.TemporaryDirectory(prefix="store-") as folder:
        try:
            with zipfile.ZipFile(archive) as source:
                _check_members(archive, source)
                source.extractall(folder)
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as error:
            raise UserError(f"{archive}: cannot be read as an exported store ({error})") from error
        yield Path(folder)


def _check_members(path: Path, archive: zipfile.ZipFile) -> None:
    """Only what `export` writes, and no more of it than a store can be."""
    members = archive.infolist()
    for member in members:
        if not MEMBER.fullmatch(member.filename) or ".." in member.filename:
            raise UserError(f"{path}: holds {member.filename!r}, which no exported store does")
    if TABLE not in archive.namelist():
        raise UserError(f"{path}: holds no {TABLE}, so it is no exported store")
    size = sum(member.file_size for member in members)
    if size > min(MAX_BYTES, 200 * path.stat().st_size + 2**30):
        raise UserError(f"{path}: would unpack to {size} bytes; that is no exported store")


def is_archive(path: Path) -> bool:
    """Whether a store's path names an exported one."""
    return path.suffix == SUFFIX and path.is_file()
