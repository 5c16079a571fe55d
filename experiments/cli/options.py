"""Options that several commands share, and what is made of their values."""

import json
import os
import re
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from user_error import UserError

from ..config.study_file import read_study
from ..store import StoreReader, StoreWriter, open_store
from ..store.maintenance import archive


def add_study(parser: ArgumentParser) -> None:
    """STUDY and --set: a study file, and changes to it."""
    parser.add_argument("study", metavar="STUDY", help="a shipped study's name, or a YAML file")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="changes",
        help="change the study, such as recipe.epochs=3 or seeds=[0,1]",
    )


def add_modules(parser: ArgumentParser) -> None:
    """--modules: files of the user's own modules."""
    parser.add_argument(
        "--modules", action="append", default=[], metavar="FILE", help="a file of your own modules"
    )


def add_store(parser: ArgumentParser) -> None:
    """--store: the folder of the records."""
    parser.add_argument(
        "--store",
        type=Path,
        default=Path(os.environ.get("ABLATION_STORE", "runs")),
        metavar="FOLDER",
        help="where everything is recorded (default: ABLATION_STORE, or else runs)",
    )


def add_workers(parser: ArgumentParser) -> None:
    """--workers: how many runs at once."""
    parser.add_argument(
        "--workers", type=int, metavar="N", help="runs at once, one thread each (default: all cores)"
    )


def add_device(parser: ArgumentParser) -> None:
    """--device: the CPU or graphics cards."""
    parser.add_argument(
        "--device",
        default="cpu",
        metavar="DEVICE",
        help="cpu (the default), cuda (all graphics cards, shared by memory), or one: cuda:1",
    )


def add_json(parser: ArgumentParser) -> None:
    """--json: output for programs."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines for people")


def print_json(content: Any) -> None:
    """Print as JSON: tuples as lists, paths as text."""
    print(json.dumps(content, indent=1, default=str))


def check_device(name: str) -> str:
    """The device's name. Raises UserError for one that --device does not take."""
    if not re.fullmatch(r"cpu|cuda(:\d+)?", name):
        raise UserError(f"{name!r} is none of cpu, cuda (all graphics cards), cuda:N", place="--device")
    return name


def workers_of(wanted: int | None) -> int:
    """How many runs at once: what was given, or one for each core that this process may use."""
    if wanted is not None and wanted < 1:
        raise UserError(f"at least 1, not {wanted}", place="--workers")
    return wanted or len(os.sched_getaffinity(0))


@contextmanager
def reading(path: Path) -> Iterator[StoreReader]:
    """Open the store for reading, and close it at the end; an exported one can be read as well."""
    if archive.is_archive(path):
        with archive.unpack_archive(path) as folder, closing(open_store(folder, readonly=True)) as records:
            yield records
    else:
        with closing(open_store(path, readonly=True)) as records:
            yield records


@contextmanager
def writing(path: Path) -> Iterator[StoreWriter]:
    """Open the store for writing, and close it at the end. Raises UserError for an exported one."""
    if archive.is_archive(path):
        raise UserError("an exported store is read, not written; give --store a folder", place=str(path))
    with closing(open_store(path)) as records:
        yield records


def cache_of(store: Path) -> Path:
    """Where decoded data lie: ABLATION_CACHE, or beside the store; it can be deleted at any time."""
    return Path(os.environ.get("ABLATION_CACHE", store.absolute().parent / ".cache" / "attention-ablations"))


def recorded_name(records: StoreReader, study: str) -> str:
    """A recorded study by its name, or by the file that it was read from."""
    return study if study in records.studies() or not Path(study).is_file() else read_study(study).name


def key_of(records: StoreReader, start: str) -> str:
    """The one recorded key that begins with `start`. Raises UserError if none or several do."""
    found = records.keys_with_prefix(start)
    if len(found) != 1:
        recorded = ", ".join(records.studies())
        raise UserError(
            f"{start!r}: no study (recorded: {recorded}), and {len(found)} recorded runs begin like this"
        )
    return found[0]
