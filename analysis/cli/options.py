"""Options that several commands share."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path


def add_recorded_study(parser: ArgumentParser) -> None:
    """STUDY: one that has runs in the store."""
    parser.add_argument("study", metavar="STUDY", help="a recorded study's name, or its YAML file")


def add_store(parser: ArgumentParser) -> None:
    """--store: the folder of the records."""
    parser.add_argument(
        "--store",
        type=Path,
        default=Path(os.environ.get("ABLATION_STORE", "runs")),
        metavar="FOLDER",
        help="the run store's folder (default: ABLATION_STORE, or else runs)",
    )
