"""Command-line options that several commands share."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path


def add_study(parser: ArgumentParser) -> None:
    """Add the argument STUDY, a study that has runs in the store."""
    parser.add_argument("study", metavar="STUDY", help="a recorded study's name, or its YAML file")


def add_store(parser: ArgumentParser) -> None:
    """Add the option --store, the folder of the run store."""
    parser.add_argument(
        "--store",
        type=Path,
        default=Path(os.environ.get("ABLATION_STORE") or "runs"),
        metavar="FOLDER",
        help="the run store's folder (default: ABLATION_STORE, or else runs)",
    )
