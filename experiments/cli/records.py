"""Opening of stores, and finding of recorded studies and runs by what the user typed."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from user_error import UserError

from ..config.study_file import read_study
from ..store import StoreReader, StoreWriter, open_store
from ..store.maintenance import archive


@contextmanager
def open_reader(path: Path) -> Iterator[StoreReader]:
    """Open a store for reading in the body; `path` is a store's folder or an exported zip."""
    if archive.is_archive(path):
        with archive.unpack_archive(path) as folder, closing(open_store(folder, readonly=True)) as records:
            yield records
    else:
        with closing(open_store(path, readonly=True)) as records:
            yield records


@contextmanager
def open_writer(path: Path) -> Iterator[StoreWriter]:
    """Open a store for writing in the body. Raises UserError for an exported zip."""
    if archive.is_archive(path):
        raise UserError("an exported store is read, not written; give --store a folder", place=str(path))
    with closing(open_store(path)) as records:
        yield records


def study_name(records: StoreReader, study: str) -> str:
    """Return the name of a recorded study that is given by its name, or by the file that it was read from."""
    return study if study in records.studies() or not Path(study).is_file() else read_study(study).name


def find_key(records: StoreReader, prefix: str) -> str:
    """Return the one recorded key that begins with `prefix`. Raises UserError if there is none or more than one."""
    keys = records.keys_with_prefix(prefix)
    if len(keys) != 1:
        studies = ", ".join(records.studies())
        raise UserError(
            f"{prefix!r}: no study (recorded: {studies}), and {len(keys)} recorded runs begin like this"
        )
    return keys[0]
