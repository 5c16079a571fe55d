"""Options that several commands share, and the values that they stand for."""

import json
import os
import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from user_error import UserError


def add_study(parser: ArgumentParser) -> None:
    """Add STUDY and --set: a study file, and changes to it."""
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
    """Add --modules: files of the user's own attention modules."""
    parser.add_argument(
        "--modules", action="append", default=[], metavar="FILE", help="a file of your own modules"
    )


def add_store(parser: ArgumentParser) -> None:
    """Add --store: the folder of the records."""
    parser.add_argument(
        "--store",
        type=Path,
        default=default_store(),
        metavar="FOLDER",
        help="where everything is recorded (default: ABLATION_STORE, or else runs)",
    )


def add_workers(parser: ArgumentParser) -> None:
    """Add --workers: the number of runs at once."""
    parser.add_argument(
        "--workers", type=int, metavar="N", help="runs at once, one thread each (default: all cores)"
    )


def add_device(parser: ArgumentParser) -> None:
    """Add --device: the CPU or GPUs."""
    parser.add_argument(
        "--device",
        default="cpu",
        metavar="DEVICE",
        help="cpu (the default), cuda (all GPUs, shared by memory), or one GPU: cuda:1",
    )


def add_json(parser: ArgumentParser) -> None:
    """Add --json: output for programs."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines for people")


def print_json(content: Any) -> None:
    """Print the content as JSON, tuples as lists and paths as text."""
    print(json.dumps(content, indent=1, default=str))


def check_device(name: str) -> str:
    """Return the name of a device. Raises UserError if it is not cpu, cuda or cuda:N."""
    if not re.fullmatch(r"cpu|cuda(:\d+)?", name):
        raise UserError(f"{name!r} is none of cpu, cuda (all GPUs), cuda:N", place="--device")
    return name


def count_workers(workers: int | None) -> int:
    """Return the number of runs at once; None stands for one per core that this process may use.

    Raises UserError for a number below 1.
    """
    if workers is not None and workers < 1:
        raise UserError(f"at least 1, not {workers}", place="--workers")
    return workers or len(os.sched_getaffinity(0))


def default_store() -> Path:
    """Return the folder of the records: ABLATION_STORE, or `runs` in the current folder."""
    return Path(os.environ.get("ABLATION_STORE") or "runs")


def cache_folder(store: Path) -> Path:
    """Return the folder of decoded data, which may be deleted at any time: ABLATION_CACHE, or beside the store.

    Raises UserError if ABLATION_CACHE_LIMIT, which bounds the folder, is no number.
    """
    _check_cache_limit()
    return Path(
        os.environ.get("ABLATION_CACHE") or store.absolute().parent / ".cache" / "attention-ablations"
    )


def _check_cache_limit() -> None:
    """Raise UserError for a limit that is no number of GB; `datasets` reads it only for data that are decoded."""
    text = os.environ.get("ABLATION_CACHE_LIMIT") or "0"
    try:
        valid = float(text) >= 0
    except ValueError:
        valid = False
    if not valid:
        raise UserError(f"{text!r} is not a number of GB, such as 20", place="ABLATION_CACHE_LIMIT")
